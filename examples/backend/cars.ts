/** A car or the status of one: the backend keeps what it is given. */
export type Document = Readonly<Record<string, unknown>>;

const fixtures: readonly (readonly [id: string, car: Document])[] = [
  ['663dc85d-2455-466c-b2e5-76691b0ce14e', { model: 'Honda', vehicle_id: '127482', owner_id: '742' }],
  ['6c018cfa-e9c2-4169-a61b-dd3bf3bc19a7', { model: 'Toyota', vehicle_id: '19019', owner_id: '742' }],
  ['879a273c-a8dc-41a6-9c30-2bb92288e93b', { model: 'Ford', vehicle_id: '3784312', owner_id: '6928' }],
  ['fca3ab25-a151-4c76-b238-9aa6ee92c374', { model: 'Honda', vehicle_id: '22781', owner_id: '30390' }],
];

const fixtureStatus: Document = {
  position: { latitude: -39.91045, longitude: -161.70716 },
  mileage: 742,
  speed: 90,
  fuel: 6.42,
};

/** The car store, in memory. Maps, because the ids come from the client. */
export class Cars {
  readonly #cars = new Map<string, Document>(fixtures.map(([id, car]) => [id, { ...car, id }]));
  readonly #statuses = new Map<string, Document>(fixtures.map(([id]) => [id, fixtureStatus]));

  list(): Document[] {
    return [...this.#cars.values()];
  }

  find(id: string): Document | undefined {
    return this.#cars.get(id);
  }

  put(id: string, car: Document): Document {
    const stored = { ...car, id };
    this.#cars.set(id, stored);
    return stored;
  }

  delete(id: string): Document | undefined {
    const car = this.#cars.get(id);
    this.#cars.delete(id);
    this.#statuses.delete(id);
    return car;
  }

  findStatus(id: string): Document | undefined {
    return this.#statuses.get(id);
  }

  /** Undefined if there is no such car. */
  putStatus(id: string, status: Document): Document | undefined {
    if (!this.#cars.has(id)) return undefined;
    this.#statuses.set(id, status);
    return status;
  }
}
