import { Link } from "wouter";
import { useDemo } from "@/demo/use-demo";
import { Failure } from "@/results/Failure";
import { SongView } from "@/results/SongView";
import { strings } from "@/strings";

/** A song to play with before an own one is uploaded. */
export default function DemoPage() {
  const demo = useDemo();
  return (
    <>
      <div className="stack">
        <h1>{strings.demo.title}</h1>
        <p>{strings.demo.claim}</p>
        <p className="small soft">{strings.demo.about}</p>
      </div>
      {demo.isPending && <p role="status">{strings.demo.loading}</p>}
      {demo.isError && (
        <Failure message={strings.demo.failed} cause={demo.error} onRetry={() => demo.refetch()} />
      )}
      {demo.data === null && (
        <div className="notice stack">
          <p>{strings.demo.missing}</p>
          <p>
            <Link href="/" className="button">
              {strings.common.back}
            </Link>
          </p>
        </div>
      )}
      {demo.data && <SongView job={demo.data.job} renew={demo.data.renew} />}
    </>
  );
}
