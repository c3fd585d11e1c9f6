/**
 * How an event counts in its owner's day. The order of the rules is the product's promise:
 * Outlook's mark of a deleted event, the owner's no, Outlook's busy status, then the standard.
 */

/** `busy` and `tentative` are shown by default, the rest is hidden. */
export type ShowAs = 'busy' | 'tentative' | 'free' | 'cancelled' | 'declined';

/** What an event says about itself; absent properties are ''. */
export interface ShowAsFacts {
  readonly outlookDeleted: string;
  readonly busyStatus: string;
  readonly status: string;
  readonly transparency: string;
  /** The owner's own answer, from its ATTENDEE line. */
  readonly ownerAnswer: string;
}

/** The first rule that applies. */
export function toShowAs(facts: ShowAsFacts): ShowAs {
  if (isWord(facts.outlookDeleted, 'TRUE')) return 'free';
  if (isWord(facts.ownerAnswer, 'DECLINED')) return 'declined';
  if (isWord(facts.busyStatus, 'FREE')) return 'free';
  if (isWord(facts.busyStatus, 'TENTATIVE')) return 'tentative';
  // Away and "working elsewhere" fill the day as much as a meeting does.
  if (/^\s*(BUSY|OOF|WORKINGELSEWHERE)\s*$/i.test(facts.busyStatus)) return 'busy';
  if (isWord(facts.status, 'CANCELLED') || isWord(facts.status, 'CANCELED')) return 'cancelled';
  if (isWord(facts.status, 'TENTATIVE') || isWord(facts.ownerAnswer, 'TENTATIVE')) return 'tentative';
  return isWord(facts.transparency, 'TRANSPARENT') ? 'free' : 'busy';
}

function isWord(text: string, word: string): boolean {
  return text.trim().toUpperCase() === word;
}

/** True for what a screen shows unless asked for more. */
export function isShown(showAs: ShowAs): boolean {
  return showAs === 'busy' || showAs === 'tentative';
}
