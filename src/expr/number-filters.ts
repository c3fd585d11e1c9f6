/**
 * Filters on numbers: conversion and rounding.
 */
import type { JsonValue } from '../core/index.ts';
import { type ArgumentValues, type Filter, shorten, textArgument, wholeArgument } from './callable.ts';
import type { Evaluation } from './evaluation.ts';
import { typeName } from './value.ts';

const DECIMAL = /^[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?$/;
const LONGEST_NUMBER = 400;

/** The number a text spells, or undefined; blanks around it and `_` between digits are ignored. */
function parseDecimal(text: string): number | undefined {
  if (text.length > LONGEST_NUMBER) return undefined;
  const trimmed = text.trim().replace(/(?<=\d)_(?=\d)/g, '');
  if (!DECIMAL.test(trimmed)) return undefined;
  const number = Number(trimmed);
  return Number.isFinite(number) ? number + 0 : undefined;
}

function parseInBase(text: string, base: number): number | undefined {
  if (text.length > LONGEST_NUMBER) return undefined;
  const match = /^([-+]?)(?:0[xX]|0[oO]|0[bB])?([0-9a-zA-Z]+)$/.exec(text.trim());
  const digits = match?.[2] ?? '';
  if (digits === '') return undefined;
  let number = 0;
  for (const digit of digits) {
    const value = Number.parseInt(digit, 36);
    if (value >= base) return undefined;
    number = number * base + value;
  }
  if (!Number.isFinite(number)) return undefined;
  return match?.[1] === '-' ? 0 - number : number;
}

/** The number a value is or spells, or undefined. */
export function toNumber(value: JsonValue): number | undefined {
  if (typeof value === 'number') return value;
  if (typeof value === 'boolean') return Number(value);
  return typeof value === 'string' ? parseDecimal(value) : undefined;
}

function toWhole(value: JsonValue, args: ArgumentValues, evaluation: Evaluation): JsonValue {
  const base = wholeArgument(args[1], 'base', { fallback: 10, min: 2, max: 36 }, evaluation);
  const number = base !== 10 && typeof value === 'string' ? parseInBase(value, base) : toNumber(value);
  if (number === undefined) return args[0] ?? 0;
  return Math.trunc(number) + 0;
}

/** Shifts the decimal point in the digits, so that 1.005 rounds as it reads. */
function shiftPoint(value: number, places: number): number {
  const [digits, exponent = '0'] = String(value).split('e');
  return Number(`${digits}e${Number(exponent) + places}`);
}

function round(value: JsonValue, args: ArgumentValues, evaluation: Evaluation): number {
  const number = toNumber(value);
  if (number === undefined) throw evaluation.failure(`Cannot round ${typeName(value)}`, 'Convert it with "float".');
  const precision = wholeArgument(args[0], 'precision', { fallback: 0, min: -300, max: 100 }, evaluation);
  const method = textArgument(args[1], 'common', 'method', evaluation);
  const shifted = shiftPoint(Math.abs(number), precision);
  if (!Number.isFinite(shifted)) return number;
  const isNegative = number < 0;
  let rounded: number;
  if (method === 'common') rounded = Math.round(shifted);
  else if (method === 'ceil') rounded = isNegative ? Math.floor(shifted) : Math.ceil(shifted);
  else if (method === 'floor') rounded = isNegative ? Math.ceil(shifted) : Math.floor(shifted);
  else throw evaluation.failure(`Cannot round by "${shorten(method)}"`, 'Use "common", "ceil" or "floor".');
  const result = shiftPoint(rounded, -precision);
  return isNegative && result !== 0 ? -result : result;
}

/** Filters on numbers by name. */
export const NUMBER_FILTERS: Readonly<Record<string, Filter>> = {
  abs: {
    parameters: [],
    run(value, _args, evaluation) {
      if (typeof value !== 'number') throw evaluation.failure(`Cannot take "abs" of ${typeName(value)}`);
      return Math.abs(value);
    },
  },
  int: { parameters: ['default', 'base'], run: toWhole },
  float: { parameters: ['default'], run: (value, args) => toNumber(value) ?? args[0] ?? 0 },
  round: { parameters: ['precision', 'method'], run: round },
};
