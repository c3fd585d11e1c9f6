/**
 * Why a stream of events ends before its run does.
 */

/** Ends a stream whose connection is then cut, so that its client notices and asks for the rest. */
export class StreamCut extends Error {
  override readonly name = 'StreamCut';
  /** `slow`: the reader was left behind; `gone`: what it wants next is not kept any more. */
  readonly why: 'slow' | 'gone';

  constructor(why: 'slow' | 'gone') {
    super(why === 'slow' ? 'The reader was too slow.' : 'The events are not kept any more.');
    this.why = why;
  }
}
