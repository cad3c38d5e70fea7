import { QueryClientProvider } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { createQueryClient } from "@/api/query-client";
import { App } from "@/app";
import { loadConfiguration } from "@/config";
import { FailureBoundary } from "@/shared/FailureBoundary";
import { strings } from "@/strings";
import "@/styles/base.css";

const root = document.getElementById("root");
if (!root) throw new Error("index.html has no element with the id root.");

try {
  await loadConfiguration();
  createRoot(root).render(
    <StrictMode>
      <FailureBoundary>
        <QueryClientProvider client={createQueryClient()}>
          <App />
        </QueryClientProvider>
      </FailureBoundary>
    </StrictMode>,
  );
} catch (failure) {
  root.textContent = strings.failures.notConfigured;
  throw failure;
}
