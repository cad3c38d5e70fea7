import "@testing-library/jest-dom/vitest";
import { cleanup, configure } from "@testing-library/react";
import { afterEach, beforeEach } from "vitest";
import { setConfiguration } from "@/config";

// A machine that does other work too is slow, not wrong.
configure({ asyncUtilTimeout: 10_000 });

beforeEach(() => {
  localStorage.clear();
  setConfiguration({
    apiUrl: "http://service.test",
    authMode: "anonymous",
    environment: "test",
    version: "0.0.0",
    maxUploadBytes: 2_000_000_000,
    maxDurationSeconds: 7200,
    defaultRetentionHours: 24,
    maxRetentionHours: 168,
    coldStartSeconds: 420,
  });
});

afterEach(cleanup);
