/** A chart as a file: SVG, and PNG painted from it, so that both show the same. */

import { make } from '../dom';
import { svgOf, type Picture } from './svg';

const PICTURE_SCALE = 2; // pixels of a PNG per pixel of the drawing

export function saveSvg(picture: Picture, name: string): void {
  save(drawn(picture), name);
}

export async function savePng(picture: Picture, name: string): Promise<void> {
  const address = URL.createObjectURL(drawn(picture));
  const image = new Image();
  image.src = address;
  await image.decode();
  const canvas = make('canvas');
  Object.assign(canvas, { width: image.width * PICTURE_SCALE, height: image.height * PICTURE_SCALE });
  canvas.getContext('2d')?.drawImage(image, 0, 0, canvas.width, canvas.height);
  URL.revokeObjectURL(address);
  canvas.toBlob((blob) => {
    if (blob) save(blob, name);
  });
}

const drawn = (picture: Picture): Blob => new Blob([svgOf(picture)], { type: 'image/svg+xml' });

function save(blob: Blob, name: string): void {
  const link = make('a', { href: URL.createObjectURL(blob), download: name });
  link.click();
  URL.revokeObjectURL(link.href);
}
