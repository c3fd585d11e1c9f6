/**
 * Failures of sockets, TLS, DNS and the HTTP parser → our codes, with a reason a person can act on.
 *
 * A message names the origin only: path, query and user info of a URL may hold secrets.
 */
import { MoonpoolError } from '../core/index.ts';

const CONNECT_REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there; check host and port',
  ECONNRESET: 'the connection was cut while it was set up',
  EHOSTUNREACH: 'there is no route to the host; check the network',
  ENETUNREACH: 'there is no route to the network; check the network',
  ETIMEDOUT: 'the host did not answer; check the network',
  ENOTFOUND: 'the name does not exist; check it and the DNS server',
  EAI_AGAIN: 'the DNS server did not answer; check the network',
  CERT_HAS_EXPIRED: 'its certificate has expired',
  CERT_NOT_YET_VALID: "its certificate is not valid yet; check this machine's clock",
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is signed by itself, not by an authority this machine trusts',
  SELF_SIGNED_CERT_IN_CHAIN: 'its certificate comes from an authority this machine does not trust',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its certificate comes from an authority this machine does not know',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'its certificate comes from an authority this machine does not know',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another host name',
  EPROTO: 'it does not speak TLS as expected; check http or https and the port',
  ERR_SSL_WRONG_VERSION_NUMBER: 'it does not speak TLS there; check http or https and the port',
};

/** The code of a failure, looking into the list that parallel connection attempts give. */
function reasonCode(error: unknown): string {
  const { code, errors } = (error ?? {}) as { code?: unknown; errors?: unknown };
  if (typeof code === 'string' && /^[A-Z][A-Z0-9_]{1,60}$/.test(code)) return code;
  return Array.isArray(errors) && errors.length > 0 ? reasonCode(errors[0]) : 'UNKNOWN';
}

/** A failure before the connection stood → CONN_CONNECT. Errors that are ours pass. */
export function toConnectError(origin: string, error: unknown): MoonpoolError {
  if (error instanceof MoonpoolError) return error;
  const code = reasonCode(error);
  const reason = CONNECT_REASONS[code] ?? 'the connection failed';
  return new MoonpoolError('CONN_CONNECT', `${origin} cannot be reached: ${reason} (${code}).`, {
    details: { reason: code },
    cause: error,
  });
}

/** A failure while an answer was awaited or read → CONN_BODY, or CONN_TOO_LARGE for its headers. */
export function toAnswerError(origin: string, error: unknown): MoonpoolError {
  if (error instanceof MoonpoolError) return error;
  const code = reasonCode(error);
  if (code === 'UND_ERR_HEADERS_OVERFLOW') {
    return new MoonpoolError('CONN_TOO_LARGE', `${origin} sent more than 16 KiB of headers.`, { cause: error });
  }
  const reason =
    code.startsWith('HPE_') || code.startsWith('Z_') || code.startsWith('ERR_')
      ? 'that could not be decoded'
      : 'that ended early';
  return new MoonpoolError('CONN_BODY', `${origin} sent an answer ${reason} (${code}); nothing of it is used.`, {
    details: { reason: code },
    cause: error,
  });
}

/** True for the failures a kept-alive socket shows when its peer closed it just before use. */
export function isStaleSocketError(error: unknown): boolean {
  return ['UND_ERR_SOCKET', 'UND_ERR_INFO', 'ECONNRESET', 'EPIPE'].includes(reasonCode(error));
}
