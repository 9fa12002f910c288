/** A body that came as YAML: text that only the configuration's own reader may judge. */
export class YamlText {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}
