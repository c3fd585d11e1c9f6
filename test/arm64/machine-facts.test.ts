/** A machine parked on one kind of processor can be gone on with on the other. */
import assert from 'node:assert/strict';
import path from 'node:path';
import { describe, it } from 'node:test';
import { ROOT, runProgram } from '../support/index.ts';

/** The Node that started the emulator: that of the other processor. */
const OTHER_NODE = process.env['MOONPOOL_TEST_OTHER_NODE'];
const skip = OTHER_NODE === undefined ? 'there is one processor only' : false;

describe('Lua machine on two processors', { skip }, () => {
  it('has the same image, gives the same values and parks to the same bytes', async () => {
    const program = path.join(ROOT, 'test/arm64/machine-facts.ts');
    const other = await runProgram(OTHER_NODE ?? '', [program]);

    const here = await runProgram(process.execPath, [program]);

    assert.match(here.stdout, /"image":"[0-9a-f]{64}","values":\[\{"count":1,/, here.stderr);
    assert.equal(here.stdout, other.stdout);
  });
});
