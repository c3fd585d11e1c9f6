/**
 * Bytes → text. Never fails: what is not valid in the encoding becomes U+FFFD.
 */

/** The charset of a Content-Type, in lower case. */
function charsetOf(contentType: string): string | undefined {
  return /;\s*charset\s*=\s*"?([a-z0-9_:.-]{1,40})"?/i.exec(contentType)?.[1]?.toLowerCase();
}

/** The encoding that a byte order mark names; it wins over what a header says. */
function markedEncoding(bytes: Uint8Array): string | undefined {
  const [first, second, third] = bytes;
  if (first === 0xef && second === 0xbb && third === 0xbf) return 'utf-8';
  if (first === 0xff && second === 0xfe) return 'utf-16le';
  return first === 0xfe && second === 0xff ? 'utf-16be' : undefined;
}

/**
 * The text of `bytes`: by byte order mark, else by the charset of `contentType`, else UTF-8.
 *
 * An unknown charset is read as UTF-8.
 */
export function decodeText(bytes: Uint8Array, contentType = ''): string {
  const label = markedEncoding(bytes) ?? charsetOf(contentType) ?? 'utf-8';
  try {
    return new TextDecoder(label).decode(bytes);
  } catch {
    // A label nobody knows.
    return new TextDecoder().decode(bytes);
  }
}
