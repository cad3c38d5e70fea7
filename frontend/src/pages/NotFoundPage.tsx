import { Link } from "wouter";
import { strings } from "@/strings";

export function NotFoundPage() {
  return (
    <section className="stack">
      <h1>{strings.failures.notFoundTitle}</h1>
      <p>{strings.failures.notFoundAdvice}</p>
      <p>
        <Link href="/" className="button">
          {strings.common.back}
        </Link>
      </p>
    </section>
  );
}
