import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  createAddressPolicy,
  declaredHost,
  isPublicAddress,
  normalizeHost,
  parseAllowEntry,
} from './address-policy.ts';

describe('isPublicAddress', () => {
  for (const address of [
    '8.8.8.8',
    '1.1.1.1',
    '172.15.0.1',
    '172.32.0.1',
    '100.63.255.255',
    '100.128.0.0',
    '2606:4700::1',
  ]) {
    it(`accepts ${address}`, () => assert.equal(isPublicAddress(address), true));
  }
  for (const address of [
    '0.0.0.0',
    '0.1.2.3',
    '10.0.0.1',
    '100.64.0.1',
    '100.127.255.255',
    '127.0.0.1',
    '127.255.255.254',
    '169.254.169.254',
    '172.16.0.1',
    '172.31.255.255',
    '192.0.0.1',
    '192.168.1.1',
    '198.19.0.1',
    '224.0.0.1',
    '255.255.255.255',
    '::',
    '::1',
    '::ffff:127.0.0.1',
    '::ffff:7f00:1',
    '::ffff:10.0.0.1',
    '::127.0.0.1',
    '64:ff9b::a00:1',
    '2002:7f00:1::',
    '2001::1',
    'fc00::1',
    'fd12:3456::1',
    'fe80::1',
    'fe80::1%eth0',
    'ff02::1',
    'not an address',
    '',
  ]) {
    it(`refuses ${address || 'the empty text'}`, () => assert.equal(isPublicAddress(address), false));
  }

  it('sees through a mapped public address', () => assert.equal(isPublicAddress('::ffff:8.8.8.8'), true));
});

describe('declaredHost', () => {
  it('gives the host of a URL as it is compared later', () => {
    assert.equal(declaredHost('http://NAS.local.:8080/feed.ics?key=1'), 'nas.local');
    assert.equal(declaredHost('https://[FD00::1]/x'), 'fd00::1');
    assert.equal(declaredHost('http://2130706433/'), '127.0.0.1');
    assert.equal(declaredHost('http://0177.0.0.1/'), '127.0.0.1');
  });

  for (const url of [
    '',
    '/path',
    'file:///etc/passwd',
    '{{ state.url }}',
    'http://{{ host }}/',
    'http://',
    'ftp://a/',
  ]) {
    it(`gives nothing for ${url || 'the empty text'}`, () => assert.equal(declaredHost(url), undefined));
  }
});

describe('parseAllowEntry', () => {
  it('tells hosts, addresses and ranges apart', () => {
    assert.deepEqual(parseAllowEntry('NAS.local'), { kind: 'host', host: 'nas.local' });
    assert.deepEqual(parseAllowEntry('10.0.0.5'), { kind: 'range', address: '10.0.0.5', prefix: 32, family: 'ipv4' });
    assert.deepEqual(parseAllowEntry('fd00::/8'), { kind: 'range', address: 'fd00::', prefix: 8, family: 'ipv6' });
    assert.deepEqual(parseAllowEntry('10.0.0.0/0'), { kind: 'range', address: '10.0.0.0', prefix: 0, family: 'ipv4' });
  });

  for (const line of [
    '',
    '10.0.0.0/33',
    'fd00::/129',
    '10.0.0.0/8/9',
    'host/8',
    'a b',
    'http://nas',
    '10.0.0.0/-1',
    '*',
  ]) {
    it(`refuses ${line || 'the empty text'}`, () => assert.equal(parseAllowEntry(line), undefined));
  }
});

describe('AddressPolicy', () => {
  const policy = createAddressPolicy(new Set(['nas.local']), ['printer.local', '10.1.0.0/16', 'fd00::/8']);

  it('trusts hosts that were declared or allowed by name', () => {
    assert.equal(policy.isTrustedHost('nas.local'), true);
    assert.equal(policy.isTrustedHost('printer.local'), true);
    assert.equal(policy.isTrustedHost('nas.local.evil.example'), false);
  });

  it('reaches public addresses and allowed ranges only', () => {
    assert.equal(policy.mayReach('8.8.8.8'), true);
    assert.equal(policy.mayReach('10.1.2.3'), true);
    assert.equal(policy.mayReach('::ffff:10.1.2.3'), true);
    assert.equal(policy.mayReach('10.2.0.1'), false);
    assert.equal(policy.mayReach('fd99::1'), true);
    assert.equal(policy.mayReach('fe80::1'), false);
  });
});

describe('normalizeHost', () => {
  it('drops case, brackets and the dot at the end', () => {
    assert.equal(normalizeHost('[::1]'), '::1');
    assert.equal(normalizeHost('LocalHost.'), 'localhost');
  });
});
