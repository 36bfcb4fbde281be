/** Which metrics share a chart, and under which heading; the same rule as `charts.py`. */

const SPLITS = ['train', 'training', 'val', 'valid', 'validation', 'test', 'eval'];
const SPLIT_PREFIX = new RegExp(`^(?:${SPLITS.join('|')})_(?=.)`);

/** What the lab measures of a run's processes: charts with their units. */
const SYSTEM = 'system/';
const SYSTEM_CHARTS: [RegExp, string][] = [
  [/^cpu$/, 'CPU, % of one core'],
  [/^memory$/, 'Memory, MiB'],
  [/^disk_/, 'Disk, MiB/s'],
  [/^net_/, 'Network of the machine, MiB/s'],
  [/^gpu\d+$/, 'GPU, %'],
  [/^gpu\d+_memory$/, 'GPU memory, MiB'],
];

/** Whether the lab measured it, not the experiment. */
export const isSystem = (key: string): boolean => key.startsWith(SYSTEM);

/** The section and the chart of a metric: `["", "loss"]` for "val/loss" and for "val_loss". */
export function family(key: string): [section: string, title: string] {
  if (isSystem(key)) {
    const name = key.slice(SYSTEM.length);
    return ['', SYSTEM_CHARTS.find(([names]) => names.test(name))?.[1] ?? name];
  }
  let parts = key.split('/');
  if (parts.length > 1 && SPLITS.includes((parts[0] ?? '').toLowerCase())) parts = parts.slice(1);
  return [parts.slice(0, -1).join('/'), (parts.at(-1) ?? '').replace(SPLIT_PREFIX, '')];
}
