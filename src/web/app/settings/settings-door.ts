/** Whether the settings are open; a store of its own, since the button that opens them may go when they come. */
class SettingsDoor {
  #isOpen = false
  readonly #watchers = new Set<() => void>()

  get isOpen(): boolean {
    return this.#isOpen
  }

  readonly subscribe = (watch: () => void): (() => void) => {
    this.#watchers.add(watch)
    return () => this.#watchers.delete(watch)
  }

  set(isOpen: boolean): void {
    this.#isOpen = isOpen
    for (const watch of this.#watchers) watch()
  }
}

export const settingsDoor = new SettingsDoor()
