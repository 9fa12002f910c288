// Loaded before everything else (`node --import`), in JavaScript that any Node understands: an old one would otherwise
// stop at the first TypeScript file, with an error that does not say what to do.
const major = Number(process.versions.node.split('.')[0]);
if (major < 24) {
  console.error(
    `EdgeBalancer needs Node 24 or newer and this is ${process.versions.node}: run it through npm after \`npm ci\`, which brings Node 26 on Linux and Apple silicon, or install a newer Node.`,
  );
  process.exit(1);
}
