import { lazy, Suspense } from "react";
import { Link, Route, Switch } from "wouter";
import { configuration } from "@/config";
import { HomePage } from "@/pages/HomePage";
import { NotFoundPage } from "@/pages/NotFoundPage";
import { OfflineNotice } from "@/shared/OfflineNotice";
import { strings } from "@/strings";
import "./app.css";

// The player is only loaded by those who have something to play.
const JobPage = lazy(() => import("@/pages/JobPage"));
const DemoPage = lazy(() => import("@/pages/DemoPage"));

export function App() {
  return (
    <>
      <a className="skip-link" href="#content">
        {strings.common.skipToContent}
      </a>
      <header className="page-header">
        <Link href="/" className="brand">
          <img src="/icon.svg" alt="" width="32" height="32" />
          {strings.common.productName}
        </Link>
        <a href={`${configuration().apiUrl}/v1/docs`}>{strings.common.apiDocumentation}</a>
      </header>
      <main id="content" className="page" tabIndex={-1}>
        <OfflineNotice />
        <Suspense fallback={null}>
          <Switch>
            <Route path="/" component={HomePage} />
            <Route path="/jobs/:jobId">{({ jobId }) => <JobPage jobId={jobId} />}</Route>
            <Route path="/demo" component={DemoPage} />
            <Route component={NotFoundPage} />
          </Switch>
        </Suspense>
      </main>
      <footer className="page-footer small soft">
        {strings.common.productName} · {strings.common.version(configuration().version)}
      </footer>
    </>
  );
}
