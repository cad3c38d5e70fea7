import type { components } from "./schema";

type Schemas = components["schemas"];

export type AudioFormat = Schemas["AudioFormat"];
export type CreateJob = Schemas["CreateJob"];
export type DeletionReceipt = Schemas["DeletionReceipt"];
export type Download = Schemas["Download"];
export type Downloads = Schemas["Downloads"];
export type ErrorCode = Schemas["ErrorCode"];
export type Job = Schemas["Job"];
export type JobPage = Schemas["JobPage"];
export type JobStage = Schemas["JobStage"];
export type JobState = Schemas["JobState"];
export type KeyReport = Schemas["KeyReport"];
export type ModelDescription = Schemas["ModelDescription"];
export type OutputOptions = Schemas["OutputOptions"];
export type PageConfiguration = Schemas["PageConfiguration"];
export type PreviewEntry = Schemas["PreviewEntry"];
export type PreviewIndex = Schemas["PreviewIndex"];
export type Problem = Schemas["Problem"];
export type Report = Schemas["Report"];
export type SignedPart = Schemas["SignedPart"];
export type Stem = Schemas["Stem"];
export type StemReport = Schemas["StemReport"];
export type TempoReport = Schemas["TempoReport"];
export type Upload = Schemas["Upload"];
export type UploadedParts = Schemas["UploadedParts"];

/** A stem's name, or `mixture` for the song itself. */
export type Lane = Stem | "mixture";
