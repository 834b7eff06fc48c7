// Takes a multipart/x-mixed-replace body apart by Content-Length, from chunks that end anywhere.

const longestHeader = 4096;
export const longestPart = 64 * 1024 * 1024;

export class MultipartReader {
  constructor() {
    this.bytes = new Uint8Array(256 * 1024);
    this.start = 0;
    this.end = 0;
    this.part = null; // The header of the part whose body is awaited.
  }

  // Adds a chunk; returns the newest whole part, if there is one, as {headers, body}, and how many older ones it passed over.
  // `body` is a view that the next call overwrites. Throws where the stream is not what it should be.
  push(chunk) {
    this.append(chunk);
    let newest = null;
    let passed = -1;
    for (let part = this.next(); part; part = this.next()) {
      newest = part;
      passed += 1;
    }
    return newest && { ...newest, passed };
  }

  append(chunk) {
    if (this.end + chunk.length > this.bytes.length) this.makeRoom(chunk.length);
    this.bytes.set(chunk, this.end);
    this.end += chunk.length;
  }

  // Moves what is not used up to the front, into a larger buffer only where it would not fit.
  makeRoom(extra) {
    const kept = this.bytes.subarray(this.start, this.end);
    const needed = kept.length + extra;
    if (needed > longestPart + longestHeader + extra) throw new Error("part too long");
    const target = needed > this.bytes.length ? new Uint8Array(2 * needed) : this.bytes;
    target.set(kept);
    this.bytes = target;
    this.end = kept.length;
    this.start = 0;
  }

  next() {
    this.part ??= this.header();
    if (!this.part || this.end - this.start < this.part.length) return null;
    const { headers, length } = this.part;
    const body = this.bytes.subarray(this.start, this.start + length);
    this.start += length;
    this.part = null;
    return { headers, body };
  }

  header() {
    const stop = this.emptyLine();
    if (stop < 0) {
      if (this.end - this.start > longestHeader) throw new Error("header too long");
      return null;
    }
    const text = new TextDecoder("latin1").decode(this.bytes.subarray(this.start, stop));
    this.start = stop + 4;
    const headers = parse(text);
    const length = Number(headers.get("content-length"));
    if (!Number.isSafeInteger(length) || length <= 0 || length > longestPart) throw new Error("length not usable");
    return { headers, length };
  }

  // Where the CR LF CR LF after a header begins. The one or two line ends before a boundary are no header.
  emptyLine() {
    while (this.start < this.end && (this.bytes[this.start] === 13 || this.bytes[this.start] === 10)) this.start += 1;
    for (let at = this.start; at + 3 < this.end; at += 1) {
      if (this.bytes[at] === 13 && this.bytes[at + 1] === 10 && this.bytes[at + 2] === 13 && this.bytes[at + 3] === 10) return at;
      if (at - this.start > longestHeader) return -1;
    }
    return -1;
  }
}

function parse(text) {
  const headers = new Map();
  for (const line of text.split("\r\n")) {
    const colon = line.indexOf(":");
    if (colon > 0) headers.set(line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim());
  }
  return headers;
}
