/** Which metrics share a chart, and under which heading; the same rule as `charts.py`. */

const SPLITS = ['train', 'training', 'val', 'valid', 'validation', 'test', 'eval'];
const SPLIT_PREFIX = new RegExp(`^(?:${SPLITS.join('|')})_(?=.)`);

/** The section and the chart of a metric: `["", "loss"]` for "val/loss" and for "val_loss". */
export function family(key: string): [section: string, title: string] {
  let parts = key.split('/');
  if (parts.length > 1 && SPLITS.includes((parts[0] ?? '').toLowerCase())) parts = parts.slice(1);
  return [parts.slice(0, -1).join('/'), (parts.at(-1) ?? '').replace(SPLIT_PREFIX, '')];
}
