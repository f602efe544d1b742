// Copies what is served as it is: GOV.UK's module and our own few lines that start it.
import { copyFile, mkdir, readFile, writeFile } from "node:fs/promises";

const source = new URL(".", import.meta.url);
const target = new URL("../build/", source);
const modules = new URL("../../node_modules/", source);

await mkdir(target, { recursive: true });
await copyFile(new URL("govuk-frontend/dist/govuk/govuk-frontend.min.js", modules), new URL("govuk-frontend.min.js", target));
// The search in the list of schools on the parents' form, without pointers to files not served.
for (const file of ["accessible-autocomplete.min.js", "accessible-autocomplete.min.css"]) {
  const text = await readFile(new URL(`accessible-autocomplete/dist/${file}`, modules), "utf8");
  await writeFile(new URL(file, target), text.replace(/\/[/*]# sourceMappingURL=\S+( \*\/)?/g, ""));
}
for (const file of ["mavis.js", "supported.js", "school-picker.js", "icon.svg", "operators.css"]) {
  await copyFile(new URL(file, source), new URL(file, target));
}
