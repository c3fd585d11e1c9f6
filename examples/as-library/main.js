/* A flow inside a program: loaded, run, asked what it waits for, and given it. */
import { fileURLToPath } from 'node:url';
import { createRunner, loadFlow } from 'moonpool';

const flow = await loadFlow(fileURLToPath(new URL('greeting.yaml', import.meta.url)));
await using runner = await createRunner({ flows: [flow] });

const run = runner.start(flow, { names: ['Ada', 'Grace'] });
const rest = await run.untilRest();
if (rest.kind !== 'waiting') throw new Error(`The run ended: ${JSON.stringify(rest)}`);
console.log(rest.waitingFor[0].prompt);

await run.give({ name: 'Linus' });
const outcome = await run.outcome;
console.log(outcome.kind === 'succeeded' ? outcome.state.cards : outcome.error);

const refused = await runner.start(flow, { names: 'Ada' }).outcome;
console.log(refused.kind, refused.error.code);
