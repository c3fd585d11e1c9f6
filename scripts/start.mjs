/*
 * `npm start`: serves the what's-next example and prints one answer of it, once there is one.
 *
 * The server runs in this very process, from dist/, as `moonpool serve` runs it: what is
 * measured here is what users get. Arguments go on to `serve` (`npm start -- --port 9000`).
 */
import { get } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';

const ANSWER_PATH = '/api/whats-next';
const TRIES = 40;
const PAUSE_MS = 250;

/** Status and text of one GET; status 0 when nothing answers. */
function ask(url) {
  return new Promise((resolve) => {
    const request = get(url, { agent: false, timeout: 5_000 }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk) => (text += chunk));
      response.on('end', () => resolve({ status: response.statusCode, text }));
    });
    request.on('timeout', () => request.destroy());
    request.on('error', () => resolve({ status: 0, text: '' }));
  });
}

/** True for an answer that already shows a feed: the first one is fetched after the server listens. */
function hasFeed({ status, text }) {
  return status === 200 && JSON.parse(text).data?.stale !== true;
}

/** Prints one answer, after a few tries the one there is. */
async function showAnswer(address) {
  let answer = await ask(`${address}${ANSWER_PATH}`);
  for (let left = TRIES; left > 0 && !hasFeed(answer); left -= 1) {
    await wait(PAUSE_MS, undefined, { ref: false });
    answer = await ask(`${address}${ANSWER_PATH}`);
  }
  const shown = answer.text.length > 600 ? `${answer.text.slice(0, 600)} …` : answer.text;
  process.stderr.write(
    `GET ${ANSWER_PATH} → ${answer.status}\n${shown}\nOpen ${address}/ in a browser. Ctrl-C ends it.\n`,
  );
}

/** Passes standard error on, and gives the address in its first line that names one. */
function watchForAddress(onAddress) {
  const write = process.stderr.write.bind(process.stderr);
  process.stderr.write = (chunk, ...rest) => {
    const address = /^Listening on (https?:\/\/\S+?)\/?$/m.exec(String(chunk))?.[1];
    if (address !== undefined) {
      process.stderr.write = write;
      onAddress(address);
    }
    return write(chunk, ...rest);
  };
}

process.argv.splice(2, 0, 'serve', 'examples/whats-next');
watchForAddress((address) => void showAnswer(address));
const { runCli } = await import(new URL('../dist/cli/process.js', import.meta.url).href);
await runCli();
