/**
 * `template.render`: data → page, HTML escaped by default, in a bounded number of steps.
 *
 * Runs on the main thread, so its limits are tighter than those of a Lua node. Compiled files are
 * kept until they change.
 */
import { formatSize, getOwn, isJsonObject, type JsonObject, KIB, MoonpoolError } from '../../core/index.ts';
import { compileTemplate, DEFAULT_LIMITS, MAX_SOURCE_LENGTH, renderTemplate, type Template } from '../../expr/index.ts';
import type { Action, ActionCall } from '../../engine/index.ts';
import { actionError, readText, shown } from '../action-input.ts';
import { objectSchema } from '../action-schema.ts';
import { type FileRules, openAllowedFile, readWhole } from '../allowed-files.ts';
import { decodeText } from '../../core/index.ts';

const NAME = 'template.render';
/** What one page may cost the main thread: a few ms on a desktop, below 50 ms on a small board. */
const LIMITS = { ...DEFAULT_LIMITS, maxSteps: 50_000, maxOutputBytes: 256 * KIB };
/** Compiled template files kept at once. */
const MAX_CACHED = 32;

type Escape = 'html' | 'none';

const WITH_SCHEMA = objectSchema({
  template: {
    type: ['string', 'null'],
    description: 'The template itself; it is rendered here and nowhere else, so data in it is always escaped.',
  },
  file: { type: ['string', 'null'], description: 'A template file, relative to the flow file, inside files.root.' },
  data: {
    type: ['object', 'null'],
    description: 'The names the template sees, and nothing beside them. Default with `template`: state and variables.',
  },
  escape: {
    enum: ['html', 'none', null],
    description: '`html` (default) escapes everything for the place it lands in; `none` is for plain text.',
  },
});

const RESULT_SCHEMA: JsonObject = {
  type: 'object',
  properties: { text: { type: 'string', description: 'At most 256 KiB.' } },
};

/** `template.render` with files inside the allowed folder. */
export function createTemplateRenderAction(deps: { readonly files: FileRules }): Action {
  const cache = new Map<string, { readonly version: string; readonly template: Template }>();

  async function fromFile(path: string, escape: Escape, call: ActionCall): Promise<Template> {
    const opened = await openAllowedFile(NAME, path, call.flowDirectory, deps.files);
    try {
      const key = JSON.stringify([call.flowDirectory, path, escape]);
      const known = cache.get(key);
      cache.delete(key);
      const isFresh = known?.version === opened.version;
      const template = isFresh
        ? known.template
        : compileFile(
            path,
            decodeText(await readWhole(NAME, path, opened, { maxBytes: MAX_SOURCE_LENGTH, signal: call.signal })),
            escape,
          );
      // The one used last stands at the end; the one at the front goes first.
      if (cache.size >= MAX_CACHED) cache.delete(cache.keys().next().value ?? key);
      cache.set(key, { version: opened.version, template });
      return template;
    } finally {
      await opened.file.close();
    }
  }

  return {
    name: NAME,
    effect: 'safe',
    about: 'Renders a template with data; escapes HTML unless told otherwise.',
    withSchema: WITH_SCHEMA,
    resultSchema: RESULT_SCHEMA,
    ownText: { template: 'template' },
    async run(input, call) {
      call.signal.throwIfAborted();
      const path = readText(input, 'file');
      const given = getOwn(input, 'template');
      const text = typeof given === 'string' ? given : undefined;
      if ((path === undefined) === (text === undefined)) {
        throw actionError(NAME, 'takes either template or file, and not both.');
      }
      const escape = getOwn(input, 'escape') === 'none' ? 'none' : 'html';
      const template =
        path === undefined ? compileTemplate(text ?? '', { escape }) : await fromFile(path, escape, call);
      const data = getOwn(input, 'data');
      try {
        return { value: { text: renderTemplate(template, isJsonObject(data) ? data : {}, LIMITS) } };
      } catch (error) {
        throw path === undefined ? error : inFile(path, error);
      }
    },
  };
}

function compileFile(path: string, text: string, escape: Escape): Template {
  try {
    return compileTemplate(text, { escape });
  } catch (error) {
    throw inFile(path, error);
  }
}

/** The same error, with the file that its line and column are in. */
function inFile(path: string, error: unknown): unknown {
  if (!(error instanceof MoonpoolError)) return error;
  const hint = error.code === 'EXPR_LIMIT' ? ` A page has at most ${formatSize(LIMITS.maxOutputBytes)}.` : '';
  return new MoonpoolError(error.code, `${shown(path)}: ${error.message}${hint}`, {
    details: error.details,
    cause: error,
  });
}
