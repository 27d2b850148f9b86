/** A small landscape for the double, and the tree it is shown as. */

import type { FailureCode } from "../../contract/FailureCode";
import type { InstanceRef } from "../../contract/InstanceRef";
import type { InstanceStatus } from "../../contract/InstanceStatus";
import type { Os } from "../../contract/Os";
import type { SearchHit } from "../../contract/SearchHit";
import type { TreeRow } from "../../contract/TreeRow";
import type { TreeWindow } from "../../contract/TreeWindow";
import { preflightOf } from "./explain/explain";

export interface DemoInstance {
  ref: InstanceRef;
  status: InstanceStatus;
  os: Os;
  ip: string;
}

export interface DemoZone {
  name: string;
  instances: DemoInstance[];
}

export interface DemoProject {
  name: string;
  /** What people call it. */
  title: string;
  zones: DemoZone[];
  problem: FailureCode | null;
  loading: boolean;
}

type Spec = [name: string, os?: Os, status?: InstanceStatus];

function zone(project: string, name: string, net: string, specs: Spec[]): DemoZone {
  return {
    name,
    instances: specs.map(([vm, os = "linux", status = "running"], index) => ({
      ref: { project, zone: name, name: vm },
      os,
      status,
      ip: `${net}.${index * 5 + 4}`,
    })),
  };
}

const range = (stem: string, count: number, os: Os = "linux"): Spec[] =>
  Array.from({ length: count }, (_, index): Spec => [`${stem}-${index + 1}`, os]);

/** The landscape of the pictures. */
export function demoProjects(): DemoProject[] {
  const project = (name: string, title: string, zones: DemoZone[], problem: FailureCode | null = null): DemoProject => ({
    name,
    title,
    zones,
    problem,
    loading: false,
  });
  return [
    project("acme-prod", "Acme Production", [
      zone("acme-prod", "europe-west1-b", "10.132.0", [
        ["bastion-eu"],
        ["billing-db-7"],
        ["sql-win-2", "windows"],
        ["web-1"],
        ["web-2", "linux", "staging"],
        ["web-3", "linux", "stopped"],
        ["cache-a"],
        ["cache-b", "linux", "suspended"],
        ["queue-1"],
        ["report-runner-with-a-name-of-exactly-sixty-three-characters-01x"],
        ["old-kiosk", "unknown", "repairing"],
      ]),
      zone("acme-prod", "us-central1-a", "10.128.0", [
        ...range("api", 9),
        ...range("ad-dc", 2, "windows"),
        ["etl-1", "linux", "stopping"],
        ...range("edge", 3),
      ]),
    ]),
    project("acme-staging", "", [
      zone("acme-staging", "europe-west1-b", "10.133.0", range("web", 5)),
      zone("acme-staging", "europe-west3-c", "10.134.0", range("load", 4)),
    ]),
    project("acme-data-platform", "Data Platform", [
      zone("acme-data-platform", "us-central1-a", "10.140.0", range("worker", 34)),
      zone("acme-data-platform", "us-east4-b", "10.141.0", [...range("spark", 6), ["notebook-win", "windows"]]),
    ]),
    project("acme-legal-archive", "", [], "permissionDenied"),
    project("acme-machine-learning-lab", "", [], "apiDisabled"),
  ];
}

/** As many as a large organisation has: 50 projects of 10 zones of 100 VMs. */
export function manyProjects(): DemoProject[] {
  return Array.from({ length: 50 }, (_, p) => {
    const name = `fleet-${String(p + 1).padStart(2, "0")}`;
    return {
      name,
      title: "",
      problem: null,
      loading: false,
      zones: Array.from({ length: 10 }, (_, z) =>
        zone(name, `europe-west${z + 1}-b`, `10.${p}.${z}`, range(`vm-${z}`, 100)),
      ),
    };
  });
}

function detailOf(instance: DemoInstance): string {
  switch (instance.status) {
    case "running":
      return instance.ip;
    case "provisioning":
    case "staging":
      return "starting";
    case "stopping":
      return "stopping";
    case "suspending":
      return "suspending";
    case "suspended":
      return "suspended";
    case "repairing":
      return "repairing";
    case "stopped":
      return "stopped";
    case "unknown":
      return "";
  }
}

/** The tree over the projects: expanded ids, a filter, a revision. */
/** A VM's full name. */
export function keyOf({ project, zone, name }: InstanceRef): string {
  return `${project}/${zone}/${name}`;
}

export class DemoTree {
  favourites: InstanceRef[] = [];
  projects: DemoProject[];
  revision = 1;
  /** Whether the rows say what the policies say. */
  preflight = false;
  #expanded: Set<string>;
  #filter = "";
  #rows: TreeRow[] | null = null;

  constructor(projects: DemoProject[], expanded: string[]) {
    this.projects = projects;
    this.#expanded = new Set(expanded);
  }

  changed(): void {
    this.revision += 1;
    this.#rows = null;
  }

  /** With `*` before the id, the row and all its siblings, as core has it. */
  toggle(id: string, expanded: boolean): void {
    if (id === "f") {
      // Open at first, unlike all others.
      id = "f-closed";
      expanded = !expanded;
    }
    for (const one of id.startsWith("*") ? this.#siblings(id.slice(1)) : [id]) {
      if (expanded) {
        this.#expanded.add(one);
      } else {
        this.#expanded.delete(one);
      }
    }
    this.changed();
  }

  #siblings(id: string): string[] {
    const rows = this.rows();
    const row = rows.find((candidate) => candidate.id === id);
    return rows
      .filter((other) => other.parent === row?.parent && other.depth === row.depth && other.expanded !== null)
      .map((other) => other.id);
  }

  filter(text: string): void {
    this.#filter = text.trim().toLowerCase();
    this.changed();
  }

  find(prefix: string, from: number): number | null {
    const rows = this.rows();
    for (let step = 0; step < rows.length; step += 1) {
      const index = (from + step) % rows.length;
      if (rows[index]?.name.toLowerCase().startsWith(prefix.toLowerCase())) {
        return index;
      }
    }
    return null;
  }

  window(offset: number, count: number): TreeWindow {
    const rows = this.rows();
    return { revision: this.revision, total: rows.length, offset, rows: rows.slice(offset, offset + count) };
  }

  all(): DemoInstance[] {
    return this.projects.flatMap((project) => project.zones.flatMap((zone) => zone.instances));
  }

  instance(ref: InstanceRef): DemoInstance | undefined {
    return this.all().find(
      (i) => i.ref.name === ref.name && i.ref.zone === ref.zone && i.ref.project === ref.project,
    );
  }

  search(text: string, limit: number): SearchHit[] {
    const words = text.toLowerCase().split(/\s+/);
    return this.all()
      .filter((i) => words.every((word) => `${i.ref.name} ${i.ref.project} ${i.ref.zone}`.includes(word)))
      .slice(0, limit)
      .map((i) => ({ instance: i.ref, status: i.status, os: i.os, favourite: this.favourites.some((ref) => keyOf(ref) === keyOf(i.ref)) }));
  }

  rows(): TreeRow[] {
    this.#rows ??= this.#build();
    return this.#rows;
  }

  #pushFavourites(rows: TreeRow[], blank: Omit<TreeRow, "id" | "kind" | "depth" | "name" | "detail" | "expanded" | "setSize" | "position">, matches: (i: DemoInstance) => boolean): void {
    const shown = this.favourites.flatMap((ref) => this.instance(ref) ?? []).filter(matches);
    if (shown.length === 0) {
      return;
    }
    const open = !this.#expanded.has("f-closed");
    rows.push({ ...blank, id: "f", kind: "favourites", depth: 0, name: "Favourites", detail: "", expanded: open, setSize: 1, position: 1, count: shown.length });
    shown.forEach((instance, i) => {
      if (open) {
        rows.push({
          ...blank,
          id: `f/${keyOf(instance.ref)}`,
          kind: "instance",
          depth: 1,
          name: instance.ref.name,
          detail: instance.ref.project,
          expanded: null,
          setSize: shown.length,
          position: i + 1,
          parent: 0,
          scope: { kind: "vm", instance: instance.ref },
          instance: instance.ref,
          status: instance.status,
          os: instance.os,
          favourite: true,
        });
      }
    });
  }

  #build(): TreeRow[] {
    const rows: TreeRow[] = [];
    const starred = new Set(this.favourites.map(keyOf));
    const matches = (i: DemoInstance) =>
      this.#filter === "" ||
      i.ref.name.includes(this.#filter) ||
      (this.#filter.startsWith("os:") && i.os.startsWith(this.#filter.slice(3)));
    const shown = this.projects
      .map((project) => ({
        project,
        zones: project.zones
          .map((zone) => ({ zone, instances: zone.instances.filter(matches) }))
          .filter((zone) => zone.instances.length > 0),
      }))
      .filter(({ zones }) => this.#filter === "" || zones.length > 0);
    const blank = { parent: null, count: null, loading: false, problem: null, scope: null, instance: null, status: null, os: null, favourite: false, preflight: null };
    this.#pushFavourites(rows, blank, matches);
    shown.forEach(({ project, zones }, p) => {
      const id = project.name;
      const open = this.#filter !== "" || this.#expanded.has(id);
      const at = rows.length;
      rows.push({
        ...blank,
        id,
        kind: "project",
        depth: 0,
        name: project.name,
        detail: project.problem === null ? project.title : project.problem === "apiDisabled" ? "API is off" : "no access",
        expanded: open,
        setSize: shown.length,
        position: p + 1,
        count: project.problem === null ? zones.reduce((sum, z) => sum + z.instances.length, 0) : null,
        loading: project.loading,
        problem: project.problem,
        scope: { kind: "project", project: project.name },
      });
      if (!open) {
        return;
      }
      if (project.problem !== null) {
        rows.push({
          ...blank,
          id: `${id}/notice`,
          kind: "notice",
          depth: 1,
          name: "You may not list VMs in this project",
          detail: "",
          expanded: null,
          setSize: 1,
          position: 1,
          parent: at,
        });
      }
      zones.forEach(({ zone, instances }, z) => {
        const zoneId = `${id}/${zone.name}`;
        const zoneOpen = this.#filter !== "" || this.#expanded.has(zoneId);
        const zoneAt = rows.length;
        rows.push({
          ...blank,
          id: zoneId,
          kind: "zone",
          depth: 1,
          name: zone.name,
          detail: "",
          expanded: zoneOpen,
          setSize: zones.length,
          position: z + 1,
          parent: at,
          count: instances.length,
          scope: { kind: "zone", project: project.name, zone: zone.name },
        });
        if (!zoneOpen) {
          return;
        }
        instances.forEach((instance, i) => {
          rows.push({
            ...blank,
            id: `${zoneId}/${instance.ref.name}`,
            kind: "instance",
            depth: 2,
            name: instance.ref.name,
            detail: detailOf(instance),
            expanded: null,
            setSize: instances.length,
            position: i + 1,
            parent: zoneAt,
            scope: { kind: "vm", instance: instance.ref },
            instance: instance.ref,
            status: instance.status,
            os: instance.os,
            favourite: starred.has(keyOf(instance.ref)),
            preflight: this.preflight ? preflightOf(instance.ref, instance.os === "windows" ? 3389 : 22) : null,
          });
        });
      });
    });
    return rows;
  }
}
