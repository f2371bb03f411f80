import MAEData
import Testing

@Suite struct FileListTests {
  private func list(_ text: String, files: Set<String>) -> FileList {
    FileList(text, relativeTo: "/lists") { files.contains($0) }
  }

  private func entry(
    _ path: String, _ label: String? = nil, _ span: ManifestFile.FrameSpan? = nil, line: Int
  ) -> FileList.Entry {
    FileList.Entry(path: path, label: label, span: span, line: line)
  }

  @Test("paths, labels and spans, with spaces in paths") func words() {
    let text = """
      \u{feff}a b.mp4\r
      # a remark

      a b.mp4 walking
      c.mp4  10 -1
      c.mp4 10 20 very slow walk
      /other/d.mp4\t5
      c.mp4 0 -1 7
      """
    let found = list(text, files: ["/lists/a b.mp4", "/lists/c.mp4", "/other/d.mp4"])
    #expect(found.misses.isEmpty)
    #expect(
      found.entries == [
        entry("/lists/a b.mp4", line: 1), entry("/lists/a b.mp4", "walking", line: 4),
        entry("/lists/c.mp4", nil, .init(start: 10), line: 5),
        entry("/lists/c.mp4", "very slow walk", .init(start: 10, count: 20), line: 6), entry("/other/d.mp4", "5", line: 7),
        entry("/lists/c.mp4", "7", line: 8),
      ])
  }

  @Test("the longest path wins") func longest() {
    let found = list("walk 3", files: ["/lists/walk", "/lists/walk 3"])
    #expect(found.entries == [entry("/lists/walk 3", line: 1)])
  }

  @Test("comma-separated, with and without column names") func commas() {
    let plain = list("a.mp4,walking\n\"b, c.mp4\",\"he said \"\"go\"\"\"", files: ["/lists/a.mp4", "/lists/b, c.mp4"])
    #expect(plain.entries == [entry("/lists/a.mp4", "walking", line: 1), entry("/lists/b, c.mp4", "he said \"go\"", line: 2)])
    let named = list(
      "label,Path,start_frame,total_frames\nrun,a.mp4,4,16\n,a.mp4,,", files: ["/lists/a.mp4"])
    #expect(
      named.entries == [entry("/lists/a.mp4", "run", .init(start: 4, count: 16), line: 2), entry("/lists/a.mp4", line: 3)])
  }

  @Test("JSON lines") func json() {
    let found = list(
      """
      {"path": "a.mp4", "label": 3}
      {"video": "a.mp4", "class": "run", "start": 2, "total": 9}
      """, files: ["/lists/a.mp4"])
    #expect(
      found.entries == [entry("/lists/a.mp4", "3", line: 1), entry("/lists/a.mp4", "run", .init(start: 2, count: 9), line: 2)])
  }

  @Test("lines that name nothing are kept with their number") func misses() {
    let found = list("a.mp4\nb.mp4,walk\n\n{\"path\": \"no\"}", files: ["/lists/a.mp4"])
    #expect(found.entries.count == 1)
    #expect(found.misses.map(\.line) == [2, 4])
    #expect(found.misses[0].text == "b.mp4")
  }

  @Test("a span is cut to the video") func spans() {
    #expect(ManifestFile.FrameSpan(start: 5).clamped(to: 9) == 5..<9)
    #expect(ManifestFile.FrameSpan(start: 5, count: 2).clamped(to: 9) == 5..<7)
    #expect(ManifestFile.FrameSpan(start: 50, count: 2).clamped(to: 9).isEmpty)
  }
}
