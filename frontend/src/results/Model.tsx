import type { Report } from "@/api/types";
import { strings } from "@/strings";
import { Fact } from "./Fact";

const text = strings.results;
const DIGEST_CHARACTERS = 12;

/** Which model ran, and under which terms. */
export function Model({ title, model }: { title: string; model: Report["model"] }) {
  const pairs = [
    [text.licence, model.licence],
    [text.provenance, model.provenance],
    [text.commercialUse, model.commercial_use],
    [text.digest, model.digest.slice(0, DIGEST_CHARACTERS)],
  ];
  return (
    <Fact title={title} value={model.name}>
      <dl className="terms">
        {pairs.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </Fact>
  );
}
