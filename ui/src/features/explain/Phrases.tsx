import { phrasesOf } from "./expression";

/** A sentence, with what it names set off and source in the letters of code. */
export function Phrases({ text, names }: { text: string; names: readonly string[] }) {
  return phrasesOf(text, names).map(({ text, kind }, index) => {
    switch (kind) {
      case "plain":
        return text;
      // Stretches of one sentence have no name but their place.
      case "name":
        // oxlint-disable-next-line react/no-array-index-key
        return <strong key={index}>{text}</strong>;
      case "source":
        // oxlint-disable-next-line react/no-array-index-key
        return <code className="mono" key={index}>{text}</code>;
    }
  });
}
