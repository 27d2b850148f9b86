/** The places that settings hold at. */

import type { Scope } from "../../contract/Scope";
import type { SearchHit } from "../../contract/SearchHit";

export const EVERYWHERE: Scope = { kind: "everywhere" };

/** The same for the same place. */
export function keyOfPlace(place: Scope): string {
  switch (place.kind) {
    case "everywhere":
      return "*";
    case "project":
      return place.project;
    case "zone":
      return `${place.project}/${place.zone}`;
    case "vm":
      return `${place.instance.project}/${place.instance.zone}/${place.instance.name}`;
    case "profile":
      return `profile:${place.id}`;
  }
}

/** The place and those around it, the widest first. */
export function pathOf(place: Scope): Scope[] {
  switch (place.kind) {
    case "everywhere":
      return [EVERYWHERE];
    case "project":
      return [EVERYWHERE, place];
    case "zone":
      return [EVERYWHERE, { kind: "project", project: place.project }, place];
    case "vm": {
      const { project, zone } = place.instance;
      return [EVERYWHERE, { kind: "project", project }, { kind: "zone", project, zone }, place];
    }
    case "profile":
      return [...(place.instance === null ? [EVERYWHERE] : pathOf({ kind: "vm", instance: place.instance })), place];
  }
}

/** The places that a search found and those that were set: everywhere first, then projects, zones and VMs, each once. */
export function placesOf(hits: readonly SearchHit[], set: readonly Scope[], text: string): Scope[] {
  const wanted = text.trim().toLowerCase();
  const found = hits.flatMap(({ instance }) => pathOf({ kind: "vm", instance }));
  const order = ["everywhere", "project", "zone", "vm"];
  // The settings of a profile are in its form.
  const places = set.filter(({ kind }) => kind !== "profile");
  const unique = new Map([EVERYWHERE, ...places, ...found].map((place) => [keyOfPlace(place), place]));
  const searched = new Set(hits.map(({ instance }) => keyOfPlace({ kind: "vm", instance })));
  const means = (place: Scope) =>
    wanted === "" || searched.has(keyOfPlace(place)) || (place.kind === "everywhere" ? "everywhere" : keyOfPlace(place)).toLowerCase().includes(wanted);
  return [...unique.values()]
    .filter(means)
    .toSorted((one, other) => order.indexOf(one.kind) - order.indexOf(other.kind));
}
