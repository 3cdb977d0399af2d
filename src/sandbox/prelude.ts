/**
 * JavaScript that runs in the engine before the learner's. It keeps what it needs of the language to itself, so that nothing a
 * learner does to prototypes changes how arguments go in and results come out: results are written as JSON text by hand, with
 * captured functions and string concatenation alone.
 */
export const BORDER = `
(function (hostCall, print) {
  'use strict';
  const parse = JSON.parse, quote = JSON.stringify, keys = Object.keys, freeze = Object.freeze, isArray = Array.isArray;
  const getPrototypeOf = Object.getPrototypeOf, apply = Reflect.apply, objectPrototype = Object.prototype;
  const text = String, TypeErrorOf = TypeError, ErrorOf = Error, defineProperty = Object.defineProperty;

  const unavailable = (name, instead) => function () { throw new TypeErrorOf(name + ' is not available here: ' + instead); };
  const NoDate = unavailable('Date', 'a run must give the same result every time.');
  NoDate.now = NoDate.parse = NoDate.UTC = NoDate;
  globalThis.Date = NoDate;
  globalThis.Math['random'] = unavailable('random numbers', 'a run must give the same result every time.');
  globalThis.performance = undefined;

  const show = (value, depth) => {
    if (typeof value === 'string') return depth === 0 ? value : quote(value);
    if (typeof value === 'bigint') return text(value) + 'n';
    if (typeof value === 'symbol' || typeof value === 'function' || value === undefined || value === null) return text(value);
    if (typeof value !== 'object') return text(value);
    if (value instanceof ErrorOf) return text(value);
    if (depth > 3) return isArray(value) ? '[…]' : '{…}';
    const names = keys(value);
    let out = '';
    for (let i = 0; i < names.length && i < 100; i++) {
      const item = show(value[names[i]], depth + 1);
      out += (i === 0 ? '' : ', ') + (isArray(value) ? item : names[i] + ': ' + item);
    }
    return isArray(value) ? '[' + out + ']' : '{ ' + out + ' }';
  };
  const log = function () {
    let line = '';
    for (let i = 0; i < arguments.length; i++) line += (i === 0 ? '' : ' ') + show(arguments[i], 0);
    print(line);
  };
  globalThis.console = freeze({ log, info: log, warn: log, error: log, debug: log });

  const deepFreeze = (value) => {
    if (typeof value !== 'object' || value === null) return value;
    const names = keys(value);
    for (let i = 0; i < names.length; i++) deepFreeze(value[names[i]]);
    return freeze(value);
  };

  const bad = (what) => { const error = new TypeErrorOf(what); defineProperty(error, '__border', { value: true }); return error; };
  // Undefined of what is no leaf, or none that can be written.
  const leaf = (value) => {
    if (typeof value === 'string') return quote(value);
    if (typeof value === 'number') return value - value === 0 ? '' + value : undefined;
    if (value === null || value === undefined) return 'null';
    return value === true ? 'true' : value === false ? 'false' : undefined;
  };
  // Where a value is matters only where it cannot be written: places of leaves are not put together before.
  const write = (value, path, depth) => {
    const plain = leaf(value);
    if (plain !== undefined) return plain;
    if (typeof value === 'number') throw bad('the result' + path + ' is ' + text(value) + ', which is no number that can be used');
    if (typeof value !== 'object') throw bad('the result' + path + ' is a ' + typeof value + '; return plain data');
    if (depth > 40) throw bad('the result' + path + ' is nested without end');
    if (isArray(value)) {
      let out = '[';
      for (let i = 0; i < value.length; i++) {
        const item = value[i], plain = leaf(item);
        out += (i === 0 ? '' : ',') + (plain !== undefined ? plain : write(item, path + '[' + i + ']', depth + 1));
      }
      return out + ']';
    }
    const prototype = getPrototypeOf(value);
    if (prototype !== objectPrototype && prototype !== null) {
      if (typeof value.then === 'function') throw bad('the result' + path + ' is a promise; write a function without async');
      throw bad('the result' + path + ' is no plain object or array; return plain data (turn a Map or Set into an array)');
    }
    const names = keys(value);
    let out = '{';
    for (let i = 0; i < names.length; i++) {
      const name = names[i], item = value[name];
      if (item === undefined) continue;
      const plain = leaf(item);
      out += (out === '{' ? '' : ',') + quote(name) + ':' + (plain !== undefined ? plain : write(item, path + '.' + name, depth + 1));
    }
    return out + '}';
  };

  const fault = (error) => {
    try {
      if (typeof error !== 'object' || error === null || !(error instanceof ErrorOf)) {
        return 'E' + quote('threw ' + (typeof error === 'object' && error !== null ? 'an object' : typeof error === 'string' ? 'the text ' + quote(error) : 'the value ' + text(error)) + ', which is no Error');
      }
      const name = text(error.name), message = text(error.message);
      const code = typeof error.code === 'string' ? error.code : '';
      return (error.__border === true ? 'R' : 'T') + '[' + quote(name) + ',' + quote(message) + ',' + quote(text(error.stack)) + ',' + quote(code) + ']';
    } catch {
      return 'E' + quote('threw something that cannot be shown');
    }
  };

  const host = (name) => function () {
    let list = '[';
    for (let i = 0; i < arguments.length; i++) list += (i === 0 ? '' : ',') + write(arguments[i], ' given to ' + name, 0);
    const answer = parse(hostCall(name, list + ']'));
    if (answer.ok) return deepFreeze(answer.value);
    const error = new ErrorOf(answer.message);
    error.code = answer.code;
    throw error;
  };

  // Lines: JSON has no bare line ends.
  const run = (exported, name, bind, given, aside) => {
    let answer;
    try {
      // A prelude that has an aside keeps what it is given.
      if (aside === undefined) for (let i = 0; i < given.length; i++) deepFreeze(given[i]);
      answer = typeof exported[name] !== 'function' ? 'M' : 'V' + write(apply(exported[name], undefined, bind === undefined ? given : bind(given)), '', 0);
    } catch (error) {
      answer = fault(error);
    }
    return aside === undefined ? answer : answer + '\\n' + aside();
  };
  return {
    host,
    call: (exported, bind, aside, callsText) => {
      const calls = parse(callsText);
      let answers = '';
      for (let i = 0; i < calls.length; i++) answers += (i === 0 ? '' : '\\n') + run(exported, calls[i].name, bind, calls[i].args, aside);
      return answers;
    },
    fault,
  };
})
`;
