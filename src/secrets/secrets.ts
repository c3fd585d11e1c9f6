/**
 * The secrets of one process: who may have which, and what must be struck out of what comes back.
 */
import { type JsonValue, MoonpoolError } from '../core/index.ts';
import type { SecretPort, SecretUse } from '../engine/index.ts';
import { secretForms } from './secret-forms.ts';
import { type Form, Striker } from './striker.ts';

/** One secret that the operator configured. */
export interface SecretEntry {
  readonly name: string;
  /** Absent when there is none; then `missing` says why, as the end of a sentence. */
  readonly value?: string;
  readonly missing?: string;
  /** Names of the flows whose runs may use it; absent: all. */
  readonly flows?: readonly string[];
  /** Hosts it may be sent to; absent: all. */
  readonly hosts?: readonly string[];
}

/** Gives values out and strikes them. */
export interface Secrets extends SecretPort {
  /** `text` without any value. */
  strikeText(text: string): string;
  /** Bytes as they pass, without any value; undefined when there is nothing to strike. */
  readonly strikeBytes: ((source: AsyncIterable<Uint8Array>) => AsyncIterable<Uint8Array>) | undefined;
}

/** What stands where a value was. */
function markOf(name: string): string {
  return `[secret:${name}]`;
}

/** The secrets in `entries`; values without a name of theirs are unknown and stay. */
export function createSecrets(entries: readonly SecretEntry[]): Secrets {
  const byName = new Map(entries.map((entry) => [entry.name, entry]));
  const forms = entries.flatMap(({ name, value }) => {
    if (value === undefined) return [];
    return secretForms(value).map((text): Form => ({ text, mark: markOf(name) }));
  });
  const striker = new Striker(forms);
  const byteStriker = new Striker(forms.map(({ text, mark }) => ({ text: toBinary(text), mark })));
  return {
    use: (name, flow) => useOf(byName.get(name), name, flow),
    strike: <T extends JsonValue>(value: T): T => striker.strikeValue(value),
    strikeText: (text) => striker.strike(text),
    strikeBytes: striker.longest === 0 ? undefined : (source) => strikeStream(byteStriker, source),
  };
}

function useOf(entry: SecretEntry | undefined, name: string, flow: string): SecretUse {
  if (entry === undefined) {
    throw new MoonpoolError(
      'FLOW_SECRET',
      `There is no secret ${name}: neither secrets.${name} in the configuration nor a file of that name in files.secrets_folder.`,
      { details: { secret: name } },
    );
  }
  const { value, missing, flows, hosts } = entry;
  if (flows !== undefined && !flows.includes(flow)) {
    const message = `The flow ${flow} may not use the secret ${name}. Add it to secrets.${name}.flows in the configuration.`;
    throw new MoonpoolError('FLOW_SECRET', message, { details: { secret: name } });
  }
  if (value === undefined) {
    const message = `The secret ${name} has no value: ${missing ?? 'nothing gives it one'}.`;
    throw new MoonpoolError('FLOW_SECRET', message, { details: { secret: name } });
  }
  return { value, ...(hosts === undefined ? {} : { hosts }) };
}

/** The UTF-8 bytes of `text`, each as the character of its number. */
function toBinary(text: string): string {
  return Buffer.from(text).toString('latin1');
}

/** Holds back what may be the beginning of a form. */
async function* strikeStream(striker: Striker, source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let held = '';
  for await (const chunk of source) {
    const text = held + Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength).toString('latin1');
    const stretches = striker.find(text);
    let cut = Math.max(0, text.length - (striker.longest - 1));
    // What began before the cut goes out with it.
    for (const { start, end } of stretches) if (start < cut && end > cut) cut = end;
    held = text.slice(cut);
    if (cut > 0) yield Buffer.from(striker.strike(text.slice(0, cut)), 'latin1');
  }
  if (held !== '') yield Buffer.from(striker.strike(held), 'latin1');
}
