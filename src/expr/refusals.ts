/**
 * What the language this syntax comes from has and this one has not, with the reason and what to write instead.
 *
 * Only for messages: a name that stands here and nowhere else is refused while compiling.
 */

/** Kinds of names that are looked up. */
export type NameKind = 'filter' | 'test' | 'function' | 'method' | 'statement';

const NOT_THE_SAME_AGAIN = 'It gives something else each time, and a run must come out the same when it is replayed.';
const ONE_TEXT = 'A template is one text; use {% macro %} to say things once.';
const NO_CHANGE = 'Values are never changed in place';
const CHECKED_AT_LOAD = 'Names are checked when the flow is loaded, so there is nothing to ask.';

const REASONS: Readonly<Record<NameKind, Readonly<Record<string, string>>>> = {
  filter: {
    random: NOT_THE_SAME_AGAIN,
    pprint: 'It prints the notation of another language; write "json(2)".',
    xmlattr: 'Data could name an event handler; write the attributes out, each value in quotes.',
    urlize: 'Write the link out: <a href="{{ address }}">{{ address }}</a>.',
  },
  test: {
    callable: 'No value can be called here.',
    escaped: 'What is printed into HTML is always escaped once.',
    filter: CHECKED_AT_LOAD,
    test: CHECKED_AT_LOAD,
  },
  function: {
    lipsum: NOT_THE_SAME_AGAIN,
    now: `${NOT_THE_SAME_AGAIN} Lua has now(), which is recorded.`,
    get_random: NOT_THE_SAME_AGAIN,
    cycler: 'Write "loop.cycle(a, b)".',
    joiner: 'Write "items | join(\', \')", or ask for "loop.last".',
    caller: 'There are no {% call %} blocks; give the text as an argument.',
    loop: 'Loops cannot be recursive; use a macro that calls itself.',
    super: ONE_TEXT,
    open: 'A template reaches no files; use the action "file.read".',
    zip: 'Walk over one list and read the other at "loop.index0".',
    enumerate: 'Walk over the list and read "loop.index0".',
    type: 'Ask with a test: "x is string", "x is number", "x is mapping".',
    isinstance: 'Ask with a test: "x is string", "x is number", "x is mapping".',
    hasattr: 'Write "x.key is defined".',
    getattr: 'Write "x[key]"; a missing key is null.',
    any: 'Write "items | select | length > 0".',
    all: 'Write "items | reject | length == 0".',
  },
  method: {
    append: `${NO_CHANGE}; write "list + [item]".`,
    extend: `${NO_CHANGE}; write "list + others".`,
    insert: `${NO_CHANGE}; write "list[:2] + [item] + list[2:]".`,
    remove: `${NO_CHANGE}; write "list | reject('eq', item)".`,
    pop: `${NO_CHANGE}; write "list[:-1]", or "object.key" to read.`,
    popitem: `${NO_CHANGE}.`,
    clear: `${NO_CHANGE}.`,
    update: `${NO_CHANGE}; make a new object in Lua.`,
    setdefault: `${NO_CHANGE}; write "object.key | default(value)".`,
    sort: `${NO_CHANGE}; write "list | sort".`,
    reverse: `${NO_CHANGE}; write "list | reverse".`,
    changed: 'Compare with "loop.previtem".',
    encode: 'There are no bytes here, only text.',
    translate: 'Write "replace" for each character.',
    format_map: 'Write "\'%(name)s\' | format(object)".',
  },
  statement: {
    include: ONE_TEXT,
    import: ONE_TEXT,
    from: ONE_TEXT,
    extends: ONE_TEXT,
    block: ONE_TEXT,
    call: 'Give the text as an argument of the macro: {% set text %}…{% endset %}{{ name(text) }}.',
    filter: 'Write {% set text %}…{% endset %}{{ text | upper }}.',
    do: `${NO_CHANGE}; use {% set %}.`,
    autoescape: 'The action that renders decides what is escaped.',
    break: 'Choose the items beforehand: {% for item in items if … %}.',
    continue: 'Choose the items beforehand: {% for item in items if … %}.',
    trans: 'Texts in several languages belong into "variables".',
    debug: 'Print what you want to see with "json".',
  },
};

/** Why `name` does not exist here although it does elsewhere; undefined when it is simply unknown. */
export function reasonAgainst(kind: NameKind, name: string): string | undefined {
  const reasons = REASONS[kind];
  return Object.hasOwn(reasons, name) ? reasons[name] : undefined;
}

/** The names of `kind` that are refused with a reason, for the reference. */
export function refusedNames(kind: NameKind): readonly string[] {
  return Object.keys(REASONS[kind]);
}
