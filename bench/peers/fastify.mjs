/* Fastify with one route: the floor of what an HTTP server on Node costs. */
import fastify from 'fastify';

const server = fastify();
server.get('/hello', async () => ({ hello: 'world' }));
await server.listen({ host: '127.0.0.1', port: Number(process.argv[2]) });
