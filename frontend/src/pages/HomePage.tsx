import { useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { Link } from "wouter";
import { refreshJobs } from "@/api/queries";
import { configuration } from "@/config";
import { JobList } from "@/jobs/JobList";
import { strings } from "@/strings";
import { DropArea, OptionsForm, subscribeJobStarted, UploadList } from "@/uploads";
import { OptionsSummary } from "./OptionsSummary";
import "./home-page.css";

/** One place to drop a song; below it what became of those dropped before. */
export function HomePage() {
  const client = useQueryClient();
  useEffect(() => subscribeJobStarted(() => void refreshJobs(client)), [client]);
  const text = strings.home;
  return (
    <>
      <section className="hero stack">
        <h1>{text.title}</h1>
        <p className="hero-claim">{text.claim}</p>
        <DropArea />
        <details className="card options">
          <summary>
            <span className="options-title">{text.options}</span>
            <OptionsSummary />
          </summary>
          <OptionsForm />
        </details>
        <UploadList />
        <ul className="facts">
          {text.facts(configuration().defaultRetentionHours).map((fact) => (
            <li key={fact}>{fact}</li>
          ))}
        </ul>
      </section>
      {/* Above the list, which grows when it has been loaded: nothing below it may jump. */}
      <aside className="card row demo-link">
        <div>
          <h2>{text.demoTitle}</h2>
          <p className="soft">{text.demoAdvice}</p>
        </div>
        <Link href="/demo" className="button">
          {text.demoOpen}
        </Link>
      </aside>
      <JobList />
    </>
  );
}
