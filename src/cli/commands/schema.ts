/** `moonpool schema`: the JSON Schema of a flow file, for editors. */
import type { LoadApp } from '../app-port.ts';
import type { CliIo } from '../io.ts';

/** Prints the schema as one JSON document. */
export async function printSchema(io: CliIo, loadApp: LoadApp): Promise<number> {
  const app = await loadApp();
  io.stdout.write(`${JSON.stringify(await app.flowSchema(), undefined, 2)}\n`);
  return 0;
}
