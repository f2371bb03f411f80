import MAEData
import MAEFoundation
import Testing

@Suite struct FileListTests {
  private func list(_ text: String, files: Set<String>) throws(DataError) -> FileList {
    try FileList(text, relativeTo: "/lists") { files.contains($0) }
  }

  private func problem(_ text: String, files: Set<String> = ["/lists/a.mp4"]) -> String {
    do throws(DataError) {
      return try list(text, files: files).misses.map { "\($0)" }.joined()
    } catch {
      return error.description
    }
  }

  private func entry(
    _ path: String, _ label: String? = nil, _ span: ManifestFile.FrameSpan? = nil, line: Int
  ) -> FileList.Entry {
    FileList.Entry(path: path, label: label, span: span, line: line)
  }

  @Test("paths, labels and spans, with spaces in paths") func words() throws {
    let text = """
      \u{feff}a b.mp4\r
      # a remark

      a b.mp4 walking
      c.mp4  10 -1
      c.mp4 10 20 very slow walk
      /other/d.mp4\t5
      c.mp4 0 -1 7
      """
    var found = try list(text, files: ["/lists/a b.mp4", "/lists/c.mp4", "/other/d.mp4"])
    #expect(found.form == "lines of path or path, label or path and two numbers or path, start, total, label")
    try found.settleColumns { _ in 100 }
    #expect(found.misses.isEmpty)
    #expect(
      found.entries == [
        entry("/lists/a b.mp4", line: 1), entry("/lists/a b.mp4", "walking", line: 4),
        entry("/lists/c.mp4", nil, .init(start: 10), line: 5),
        entry("/lists/c.mp4", "very slow walk", .init(start: 10, count: 20), line: 6), entry("/other/d.mp4", "5", line: 7),
        entry("/lists/c.mp4", "7", line: 8),
      ])
  }

  @Test("the longest path wins") func longest() throws {
    let found = try list("walk 3", files: ["/lists/walk", "/lists/walk 3"])
    #expect(found.entries == [entry("/lists/walk 3", line: 1)])
  }

  @Test("comma-separated, with and without column names") func commas() throws {
    let plain = try list("a.mp4,walking\n\"b, c.mp4\",\"he said \"\"go\"\"\"", files: ["/lists/a.mp4", "/lists/b, c.mp4"])
    #expect(plain.entries == [entry("/lists/a.mp4", "walking", line: 1), entry("/lists/b, c.mp4", "he said \"go\"", line: 2)])
    let named = try list(
      "label,Path,start_frame,total_frames\nrun,a.mp4,4,16\n,a.mp4,,", files: ["/lists/a.mp4"])
    #expect(
      named.entries == [entry("/lists/a.mp4", "run", .init(start: 4, count: 16), line: 2), entry("/lists/a.mp4", line: 3)])
  }

  @Test("JSON lines") func json() throws {
    let found = try list(
      """
      {"path": "a.mp4", "label": 3}
      {"video": "a.mp4", "class": "run", "start": 2, "total": 9}
      """, files: ["/lists/a.mp4"])
    #expect(
      found.entries == [entry("/lists/a.mp4", "3", line: 1), entry("/lists/a.mp4", "run", .init(start: 2, count: 9), line: 2)])
  }

  @Test("lines that name nothing are kept with their number") func misses() throws {
    let found = try list("a.mp4\nb.mp4,walk\n\n{\"path\": \"no\"}", files: ["/lists/a.mp4"])
    #expect(found.entries.count == 1)
    #expect(found.misses.map(\.line) == [2, 4])
    #expect(found.misses[0].text == "b.mp4")
  }

  @Test("a span is cut to the video") func clamped() {
    #expect(ManifestFile.FrameSpan(start: 5).clamped(to: 9) == 5..<9)
    #expect(ManifestFile.FrameSpan(start: 5, count: 2).clamped(to: 9) == 5..<7)
    #expect(ManifestFile.FrameSpan(start: 50, count: 2).clamped(to: 9).isEmpty)
  }

  @Test(
    "column names as data sets spell them",
    arguments: [
      "filepath", "video_name", "img_path", "path", "File Name", "VideoPath", "image-file", "clip_path", "rel_path", "name",
    ])
  func headers(name: String) throws {
    for separator in [",", ";", "\t"] {
      let text = ["id", name, "label"].joined(separator: separator) + "\n" + ["7", "a.mp4", "run"].joined(separator: separator)
      let found = try list(text, files: ["/lists/a.mp4"])
      #expect(found.entries == [FileList.Entry(path: "/lists/a.mp4", label: "run", line: 2, further: ["id": 7])])
      #expect(found.form.hasPrefix("columns ") && found.form.hasSuffix("numbers are kept: id"), "\(found.form)")
    }
    #expect(
      try list("\(name.replacing(" ", with: "_")) label\na b.mp4 run", files: ["/lists/a b.mp4"]).entries.first?.label == "run")
  }

  @Test(
    "JSON documents",
    arguments: [
      #"["a.mp4", "b.mp4"]"#, "[\n  {\"path\": \"a.mp4\"},\n  {\"img_path\": \"b.mp4\"}\n]",
      #"{"info": {"y": 1}, "images": [{"id": 1, "file_name": "a.mp4"}, {"id": 2, "file_name": "b.mp4"}], "notes": [{"id": 1}]}"#,
      #"{"train": ["a.mp4"], "val": ["b.mp4"]}"#, #"{"a.mp4": null, "b.mp4": null}"#,
      "{\"path\": \"a.mp4\"}\n\n{\"file\": \"b.mp4\"}",
      "\"a.mp4\"\n\"b.mp4\"",
    ])
  func documents(text: String) throws {
    let found = try list(text, files: ["/lists/a.mp4", "/lists/b.mp4"])
    #expect(found.entries.map(\.path) == ["/lists/a.mp4", "/lists/b.mp4"])
    #expect(found.misses.isEmpty && found.entries.allSatisfy { $0.label == nil })
  }

  @Test("labels by path, in JSON") func labelsByPath() throws {
    let found = try list(#"{"a.mp4": "run", "b.mp4": 3}"#, files: ["/lists/a.mp4", "/lists/b.mp4"])
    #expect(found.entries.map(\.label) == ["run", "3"])
    #expect(found.form == "JSON, labels by path")
  }

  @Test("errors name the line, the column and the form") func places() {
    #expect(problem("[\n  \"a.mp4\",\n  \"b.mp4\"\n]").contains("line: 3"))
    #expect(problem("[\n  \"a.mp4\",\n  oops\n]").hasPrefix("line 3, column 3: it is not valid JSON"))
    #expect(problem("id,filepath\n1,a.mp4\n2,b.mp4").contains(#"line: 3, column: Optional("filepath"), text: "b.mp4""#))
    #expect(problem("{\"path\": \"a.mp4\"}\n{\"path\": \"b.mp4\"}").contains("line: 2"))
  }

  @Test("a line that begins with # is a path if there is such a file") func hash() throws {
    let found = try list("#1.mp4\n# 2.mp4\n#1.mp4 run", files: ["/lists/#1.mp4"])
    #expect(found.entries == [entry("/lists/#1.mp4", line: 1), entry("/lists/#1.mp4", "run", line: 3)])
    #expect(found.misses.isEmpty)
  }

  @Test("folders as Windows writes them") func backslashes() throws {
    let found = try list("clips\\a.mp4 run\nb\\c.mp4", files: ["/lists/clips/a.mp4", "/lists/b\\c.mp4"])
    #expect(found.entries == [entry("/lists/clips/a.mp4", "run", line: 1), entry("/lists/b\\c.mp4", line: 2)])
  }

  @Test("encodings: what is not UTF-8 is taken as bytes, then as Windows-1252") func encodings() throws {
    let latin = Array("caf".utf8) + [0xe9] + Array(".mp4 ".utf8) + [0xe9]
    let text = try #require(ListText(latin)).text
    let asBytes = try list(text, files: ["/lists/" + String(pathBytes: latin.prefix(8))])
    #expect(asBytes.entries.first?.path.pathBytes.suffix(8) == latin.prefix(8))
    #expect(asBytes.entries.first?.label == "\u{e9}" && !asBytes.isWindows1252)
    let asLetters = try list(text, files: ["/lists/caf\u{e9}.mp4"])
    #expect(asLetters.entries == [entry("/lists/caf\u{e9}.mp4", "\u{e9}", line: 1)] && asLetters.isWindows1252)
  }

  @Test("UTF-16 with and without a mark, in both orders", arguments: [true, false], [true, false])
  func wide(isLittleEndian: Bool, hasMark: Bool) throws {
    let units = (hasMark ? [0xfeff] : []) + Array("c0.mp4\r\ncaf\u{e9}.mp4\r\n".utf16)
    let bytes = units.flatMap { isLittleEndian ? [UInt8($0 & 0xff), UInt8($0 >> 8)] : [UInt8($0 >> 8), UInt8($0 & 0xff)] }
    let text = try #require(ListText(bytes))
    #expect(text.encoding == "UTF-16")
    #expect(try list(text.text, files: ["/lists/c0.mp4", "/lists/caf\u{e9}.mp4"]).entries.count == 2)
  }

  @Test("UTF-32 with a mark, in both orders", arguments: [true, false]) func widest(isLittleEndian: Bool) throws {
    let bytes = ([0xfeff] + "c\u{e9}\u{1f480}.mp4 run\n".unicodeScalars.map(\.value)).flatMap { value in
      let bytes = [24, 16, 8, 0].map { UInt8(value >> $0 & 255) }
      return isLittleEndian ? bytes.reversed() : bytes
    }
    let text = try #require(ListText(bytes))
    #expect(text.encoding == "UTF-32")
    #expect(try list(text.text, files: ["/lists/c\u{e9}\u{1f480}.mp4"]).entries.map(\.label) == ["run"])
  }

  @Test(
    "bytes that are no text are no list",
    arguments: [[0], [0xff, 0xd8, 0xff, 0xe0, 0, 16], [1, 2, 3, 4], [0x1f, 0x8b, 8]] as [[UInt8]])
  func noText(bytes: [UInt8]) { #expect(ListText(bytes) == nil) }

  // MARK: - Three columns

  /// The counts of files `a` to `d`.
  private let counts = ["/lists/a": 100, "/lists/b": 250, "/lists/c": 30, "/lists/d": 12]

  private func settled(_ text: String) throws(DataError) -> FileList {
    var found = try list(text, files: Set(counts.keys))
    try found.settleColumns { counts[$0] }
    return found
  }

  @Test("the official total and label, where the totals are the files' own")
  func totalAndLabel() throws {
    for text in ["a 100 7\nb 250 0\nc 30 12", "a,100,7\nb,249,0\nc,31,12"] {
      let found = try settled(text)
      #expect(found.entries.map(\.label) == ["7", "0", "12"] && found.entries.allSatisfy { $0.span == nil })
      #expect(found.form == "lines of path, total frames, label")
    }
  }

  @Test("a start and a total, where they lie inside the files") func spans() throws {
    let found = try settled("a 10 90\nb 200 50\nc 1 -1")
    #expect(found.entries.map(\.span) == [.init(start: 10, count: 90), .init(start: 200, count: 50), .init(start: 1)])
    #expect(found.entries.allSatisfy { $0.label == nil })
    // No file has no frames: nothing has to be opened.
    #expect(try settled("a 0 -1\nb 0 16").entries.map(\.span) == [nil, .init(start: 0, count: 16)])
  }

  @Test("numbers that fit neither are refused, with both ways out", arguments: ["a 300 7", "a 100 7\nb 40 90", "a 60 90"])
  func neither(text: String) {
    let error = #expect(throws: DataError.self) { try settled(text) }
    #expect(error?.reason.contains("name the columns in a first line") == true)
  }

  @Test("where no file can be opened nothing is guessed") func unopened() throws {
    var found = try list("a.mp4 5 6", files: ["/lists/a.mp4"])
    #expect(throws: DataError.self) { try found.settleColumns { _ in nil } }
  }

  @Test(
    "a total and words, where the total is the file's own", arguments: ["a 100 cat\nb 250 big dog", "a,100,cat\nb,250,big dog"])
  func totalAndWords(text: String) throws {
    let found = try settled(text)
    #expect(found.entries.map(\.label) == ["cat", "big dog"] && found.entries.allSatisfy { $0.span == nil })
    #expect(found.form == "lines of path, total frames, label")
    #expect(try settled("a 100 7\nb 250 dog").entries.map(\.label) == ["7", "dog"])
    // Behind a tab a label may begin with a number.
    #expect(try settled("a\t2 dogs").entries.map(\.label) == ["2 dogs"])
    for wrong in ["a 20 cat", "a 0 cat", "a 10 90\nb 40 cat"] {
      let error = #expect(throws: DataError.self) { try settled(wrong) }
      #expect(error?.reason.contains("name the columns in a first line") == true, "\(wrong)")
    }
  }

  @Test("frames in columns are whole numbers, or the line and column are named")
  func wholeNumbers() throws {
    let columns = try settled("path,start,length\na,3.0,7\nb,,-1\nc,2,").entries
    #expect(columns.map(\.span) == [.init(start: 3, count: 7), nil, .init(start: 2)])
    let ends = try settled("path,start,end\na,10,26\nb,,20").entries
    #expect(ends.map(\.span) == [.init(start: 10, count: 16), .init(start: 0, count: 20)])
    #expect(
      try settled("[{\"path\": \"a\", \"start\": 3.0, \"end\": \"9\", \"total\": null}]").entries[0].span
        == .init(start: 3, count: 6))
    for (text, place) in [
      ("path,start,length\na,0,5\nb,1.5,3", "line 3, column start: 1.5 is no whole number of frames"),
      ("path,start,length\na,0,long", "line 2, column length: long is no whole number"),
      ("path start_frame end_frame\na 1 2.25", "line 2, column end_frame: 2.25 is no"),
      ("path,start,end\na,9,9", "line 2, column end: the end 9 is not behind the start 9"),
      ("{\"path\": \"a\", \"start\": 1.5}", "line 1, column start: 1.5 is no"),
      ("{\"path\": \"a\", \"length\": [1]}", "line 1, column total frames: [1] is no"),
    ] {
      let error = #expect(throws: DataError.self) { try list(text, files: Set(counts.keys)) }
      #expect(error?.kind == .unusable && error?.reason.hasPrefix(place) == true, "\(error?.reason ?? "")")
    }
  }

  @Test("named columns are what they are called") func named() throws {
    let found = try settled("path,total_frames,label\na,100,7\nb,20,1")
    #expect(found.entries.map(\.label) == ["7", "1"])
    #expect(found.entries.map(\.span) == [.init(start: 0, count: 100), .init(start: 0, count: 20)])
  }
}
