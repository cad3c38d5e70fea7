import { useSyncExternalStore } from "react";
import { onStoredChange, readStored, writeStored } from "./storage";

/** What is made of a stored choice, and how one is stored. */
export interface ChoiceForm<T> {
  /** `stored` is whatever an earlier visit, or nobody, has written. */
  read(stored: unknown): T;
  write(value: T): unknown;
}

/** A choice of the visitor: remembered for the next visit, and the same in all tabs. */
export class Choice<T> {
  readonly #key: string;
  readonly #form: ChoiceForm<T>;
  readonly #listeners = new Set<() => void>();
  #current: { value: T } | undefined;

  constructor(key: string, form: ChoiceForm<T>) {
    this.#key = key;
    this.#form = form;
  }

  readonly get = (): T => {
    this.#current ??= { value: this.#form.read(readStored(this.#key)) };
    return this.#current.value;
  };

  set(value: T): void {
    this.#current = { value };
    writeStored(this.#key, this.#form.write(value));
    for (const listener of this.#listeners) listener();
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    const unlisten = onStoredChange(this.#key, () => {
      this.#current = undefined;
      listener();
    });
    return () => {
      this.#listeners.delete(listener);
      unlisten();
    };
  };
}

export function useChoice<T>(choice: Choice<T>): T {
  return useSyncExternalStore(choice.subscribe, choice.get);
}
