// Imports an emitted snippet as if it lay in the application: bare imports resolve from the folder that a file is in.

import { copyFileSync, rmSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

/** Copies the file into the driver's (ignored) node_modules, imports it from there and takes the copy away. */
export async function load(mapFile, driverFolder) {
  const copy = `${driverFolder}/node_modules/.map-${process.pid}.mjs`;
  copyFileSync(mapFile, copy);
  try {
    return await import(pathToFileURL(copy));
  } finally {
    rmSync(copy);
  }
}
