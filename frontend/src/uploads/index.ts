export { DropArea } from "./DropArea";
export { OptionsForm } from "./OptionsForm";
export { UploadList } from "./UploadList";
export { subscribeJobStarted } from "./upload-store";
