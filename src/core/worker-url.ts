/**
 * Names a worker's file so that it is found from source (`.ts`) and from the build (`.js`).
 *
 * The compiler rewrites import specifiers but not `new URL('./x.ts', import.meta.url)`.
 */

/** The URL of the module `name` (without extension) beside the caller, with the caller's own extension. */
export function workerUrl(callerUrl: string, name: string): URL {
  const extension = callerUrl.slice(callerUrl.lastIndexOf('.'));
  return new URL(`./${name}${extension}`, callerUrl);
}
