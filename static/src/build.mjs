// Copies what is served as it is: GOV.UK's module and our own few lines that start it.
import { copyFile, mkdir } from "node:fs/promises";

const source = new URL(".", import.meta.url);
const target = new URL("../build/", source);
const modules = new URL("../../node_modules/", source);

await mkdir(target, { recursive: true });
await copyFile(new URL("govuk-frontend/dist/govuk/govuk-frontend.min.js", modules), new URL("govuk-frontend.min.js", target));
for (const file of ["mavis.js", "supported.js", "icon.svg", "operators.css"]) {
  await copyFile(new URL(file, source), new URL(file, target));
}
