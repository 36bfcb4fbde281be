/** A comparison's page: curves of several runs in each chart, and what they showed side by side. */

import { mount } from './islands';
import { one } from './dom';
import type { Look } from './charts/chart';
import { Charts, type Cast } from './charts/page';

interface Run {
  id: string;
  label: string; // "#12"
  told: string; // the parameters that tell it from the others
  slot: number; // of its colour
  start: number; // Unix seconds from which its relative time counts
}

/** Runs whose parameters stand in the legends; those of more would fill the page. */
const MOST_TOLD = 5;

/** The runs by the keys of their curves: "tdxk3nekth6a val/loss". */
class Runs implements Cast {
  private readonly byId: Map<string, Run>;

  constructor(runs: Run[]) {
    this.byId = new Map(runs.map((run) => [run.id, run]));
  }

  startOf(key: string): number {
    return this.of(key)?.start ?? 0;
  }

  lookOf(key: string): Look {
    const { label = key, told = '', slot = 0 } = this.of(key) ?? {};
    return { name: told && this.byId.size <= MOST_TOLD ? `${label} ${told}` : label, label, slot };
  }

  private of(key: string): Run | undefined {
    return this.byId.get(key.slice(0, key.indexOf(' ')));
  }
}

const root = one('#compare');
const place = root && one('[data-charts]', root);
if (place) new Charts(place, place.dataset.curves ?? '', 0, false, new Runs(JSON.parse(place.dataset.runs ?? '[]') as Run[]));
if (root) mount(root);
