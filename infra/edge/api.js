// Viewer request for the API: tell it the viewer's address, whatever the viewer itself has sent there.
function handler(event) {
  var request = event.request;
  request.headers['x-viewer-address'] = { value: event.viewer.ip };
  return request;
}
