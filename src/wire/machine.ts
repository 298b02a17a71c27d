/**
 * A sans-I/O machine: everything it does is an output of `step`, everything it knows came in as an input.
 * The driver calls `step` for every input and, when the clock reaches `deadline`, with that machine's timeout input.
 */
export interface Machine<Input, Output> {
  /** @param now milliseconds of the host's clock; never runs backwards between calls */
  step(input: Input, now: number): Output[]
  /** Clock time in milliseconds at which the machine wants its timeout input; undefined when it waits for nothing. */
  readonly deadline: number | undefined
}

/** One arrow of a state table: where it leads and the names of the outputs it asks for, in order. */
export interface Arrow<State extends string, Action extends string> {
  readonly to: State
  readonly do: readonly Action[]
}

/** A state machine as data: `state -> event -> arrow`. A missing arrow means the event is illegal in that state. */
export type Table<State extends string, Event extends string, Action extends string> = {
  readonly [S in State]: { readonly [E in Event]?: Arrow<State, Action> }
}

/** The arrow for `event` in `state`, or undefined when the table refuses it; refusing changes nothing. */
export function follow<State extends string, Event extends string, Action extends string>(
  table: Table<State, Event, Action>,
  state: State,
  event: Event,
): Arrow<State, Action> | undefined {
  return table[state][event]
}
