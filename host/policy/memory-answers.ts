import { type AnswerStore, type Binding, holds, type RememberedAnswer, sameBinding, steadyTime } from './remembered.ts';

/** The oldest go first; whoever is forgotten is asked again. */
const MAX_ANSWERS = 10_000;

/** Answers in memory: those for a session, which end with the process. */
export class MemoryAnswers implements AnswerStore {
  readonly #byId = new Map<string, RememberedAnswer>();
  readonly #byRequest = new Map<string, Set<RememberedAnswer>>();
  #given = 0;
  #latestMs = 0;

  find(binding: Binding, nowMs: number): readonly RememberedAnswer[] {
    const now = this.#observe(nowMs);
    const candidates = this.#byRequest.get(requestOf(binding)) ?? [];
    return [...candidates].filter((answer) => holds(answer, now) && sameBinding(answer, binding));
  }

  add(answer: Omit<RememberedAnswer, 'id'>): RememberedAnswer {
    this.#observe(answer.createdMs);
    this.#given += 1;
    const added = { ...answer, id: `m${this.#given}` };
    const request = requestOf(answer);
    for (const earlier of this.#byRequest.get(request) ?? []) {
      if (earlier.session === answer.session) this.remove(earlier.id);
    }
    const same = this.#byRequest.get(request) ?? new Set();
    this.#byRequest.set(request, same.add(added));
    this.#byId.set(added.id, added);
    for (const id of this.#byId.keys()) {
      if (this.#byId.size <= MAX_ANSWERS) break;
      this.remove(id);
    }
    return added;
  }

  list(nowMs: number): readonly RememberedAnswer[] {
    const now = this.#observe(nowMs);
    return [...this.#byId.values()].filter((answer) => holds(answer, now));
  }

  remove(id: string): boolean {
    const answer = this.#byId.get(id);
    if (answer === undefined) return false;
    const request = requestOf(answer);
    const same = this.#byRequest.get(request);
    same?.delete(answer);
    if (same?.size === 0) this.#byRequest.delete(request);
    return this.#byId.delete(id);
  }

  sweep(nowMs: number): number {
    const before = this.#byId.size;
    const now = this.#observe(nowMs);
    this.#removeUnless((answer) => holds(answer, now));
    return before - this.#byId.size;
  }

  /** Ends a session: what was answered for it is forgotten. */
  forgetSession(session: string): void {
    this.#removeUnless((answer) => answer.session !== session);
  }

  #observe(nowMs: number): number {
    const steady = steadyTime(this.#latestMs, nowMs);
    if (steady.setBack) this.#removeUnless((answer) => answer.effect === 'never' && holds(answer, this.#latestMs));
    this.#latestMs = steady.nowMs;
    return steady.nowMs;
  }

  #removeUnless(stays: (answer: RememberedAnswer) => boolean): void {
    for (const answer of this.#byId.values()) if (!stays(answer)) this.remove(answer.id);
  }
}

/** Without the session, for an answer for good serves all of them. */
function requestOf({ variant, pattern, digest, publisher, agent, channel, person }: Binding): string {
  return JSON.stringify([variant, pattern, digest, publisher, agent, channel, person]);
}
