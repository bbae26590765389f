// The synchronous request, and the reading of its answer.

// What has come: an object of the answer's JSON, in which `status` is the request's and `blobs` are the attachments. The status
// is 0 if nothing came, or only a part of an answer (WebKit shows what came before a connection was cut), or what a proxy says
// while the host behind it is away.
export function put(url, body) {
  const request = new XMLHttpRequest();
  let answer;
  try {
    request.open('PUT', url, false);
    request.setRequestHeader('content-type', body.buffer ? 'application/octet-stream' : 'application/json');
    // Keeps other origins out: they would need a preflight.
    request.setRequestHeader('x-exciton', '1');
    request.send(body);
    answer = read(request.responseText);
    answer.status = request.status;
  } catch {
    const { status } = request;
    answer = { status: status === 200 || status === 202 || status === 410 ? 0 : status };
  }
  if (answer.status > 501 && answer.status < 505) answer.status = 0;
  return answer;
}

// A synchronous request may not ask for bytes: the host says of an answer with attachments that each of them is a character.
function read(text) {
  // The last byte of a length. No JSON has that many bytes, and none begins with such a character.
  if (!(text.charCodeAt(3) < 9)) return JSON.parse(text);
  const bytes = bytesOf(text);
  let at = 4 + new DataView(bytes.buffer).getUint32(0, true);
  const answer = JSON.parse(new TextDecoder().decode(bytes.subarray(4, at)));
  answer.blobs = answer.blobs.map((length) => bytes.slice(at, (at += length)));
  if (at !== bytes.length) throw new RangeError('an answer in part');
  return answer;
}

// A character for each byte, so much higher; those beyond ASCII may lie elsewhere (x-user-defined).
export function bytesOf(text, shift = 0) {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i) - shift;
  return bytes;
}
