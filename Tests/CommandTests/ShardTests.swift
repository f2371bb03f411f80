import Foundation
import TestSupport
import Testing

/// Shards as Debian's tar writes them.
@Suite(.serialized) struct ShardTests {
  private func shell(_ script: String, in folder: TemporaryFolder) throws -> Program.Outcome {
    try Running("/bin/bash", ["-c", "set -e; " + script, Program.path], in: folder).outcome()
  }

  /// The bytes of a run's tensors after two steps; the header in front of them names the data.
  private func weights(_ run: String, in folder: TemporaryFolder) throws -> [UInt8] {
    let bytes = [UInt8](try folder.data("\(run)/checkpoints/step-000002/model.safetensors"))
    let header = bytes.prefix(8).reversed().reduce(0) { $0 << 8 | Int($1) }
    return Array(bytes.dropFirst(8 + header))
  }

  @Test("two steps on shards leave the weights of two steps on the unpacked files, in one go or continued")
  func pretrain() throws {
    let folder = TemporaryFolder()
    try folder.render(clips: 0, stills: 8)
    let made = try shell(
      """
      mkdir -p files shards; n=0
      for f in $(find media -type f | sort); do cp $f files/$(printf %06d $n).${f##*.}; n=$((n + 1)); done
      [ $n = 8 ]; cd files
      tar -cf ../shards/train-000000.tar $(ls | head -4); tar -cf ../shards/train-000001.tar $(ls | tail -4)
      """, in: folder)
    try #require(made.code == 0, "\(made.errors)")
    let flags = [
      "--preset", "tiny", "--input-size", "32", "--patch-size", "8", "--decoder-depth", "1", "--batch-size", "4", "--threads",
      "1", "--steps", "2", "--save-every", "1",
    ]
    for (data, run) in [
      (["files"], "plain"), (["shards"], "packed"), (["shards/train-000000.tar", "shards/train-000001.tar"], "named"),
    ] {
      let outcome = try Program.start(["pretrain"] + data + ["-o", run] + flags, in: folder).outcome()
      #expect(outcome.code == 0, "\(outcome.errors)")
    }
    let expected = try weights("plain", in: folder)
    #expect(expected.count > 100_000)
    #expect(try weights("packed", in: folder) == expected)
    #expect(try weights("named", in: folder) == expected)
    // The newest checkpoint is lost: the run goes on from the one before.
    try FileManager.default.removeItem(atPath: folder.path("packed/checkpoints/step-000002"))
    let again = try Program.start(["pretrain", "shards", "-o", "packed"] + flags, in: folder).outcome()
    #expect(again.code == 0 && !again.errors.contains("the files are not those of the run"), "\(again.errors)")
    #expect(try weights("packed", in: folder) == expected)
    // A shard that was written anew is said.
    try FileManager.default.removeItem(atPath: folder.path("packed/checkpoints/step-000002"))
    #expect(try shell("touch -d 2001-01-01 shards/train-000001.tar", in: folder).code == 0)
    let changed = try Program.start(["pretrain", "shards", "-o", "packed"] + flags, in: folder).outcome()
    #expect(changed.code == 0 && changed.errors.contains("the files are not those of the run so far"), "\(changed.errors)")
  }

  @Test("every form of Debian's tar, long names and names that are not ASCII among them", arguments: ["ustar", "gnu", "pax"])
  func forms(form: String) throws {
    let folder = TemporaryFolder()
    try folder.render(clips: 1, stills: 1)
    // ustar has no place for a name of more than a hundred bytes behind the last folder.
    let made = try shell(
      """
      still=$(find media -type f ! -name '*.mp4' | head -1); clip=$(find media -name '*.mp4' | head -1); e=${still##*.}
      deep=$(printf 'folder%.0s/' $(seq 14)); mkdir -p in/$deep in/größe
      long=$(printf 'n%.0s' $(seq \(form == "ustar" ? 90 : 180)))
      cp $still in/plain.$e; cp $still in/$deep$long.$e; cp $still "in/größe/日本 语.$e"; cp $clip in/clip.mp4
      printf 3 > in/plain.cls; ln in/clip.mp4 in/hard.mp4; ln -s plain.$e in/soft.$e
      tar --format=\(form) -C in -cf x.tar .; tar --format=\(form) -C in --dereference --hard-dereference -cf whole.tar .
      gzip -k x.tar
      """, in: folder)
    try #require(made.code == 0, "\(made.errors)")
    let whole = try Program.run("check", "whole.tar", in: folder)
    #expect(whole.code == 0, "\(whole.output)\(whole.errors)")
    #expect(whole.output.contains("videos     2,") && whole.output.contains("stills     4\n"), "\(whole.output)")
    let linked = try Program.run("check", "x.tar", "--format", "json", in: folder)
    #expect(linked.code == 65 && linked.output.contains("größe/日本 语.") && linked.output.contains("--dereference"))
    #expect(linked.output.contains("x.tar:hard.mp4") && linked.output.contains("\"label\" : \"3\""), "\(linked.output)")
    let compressed = try Program.run("check", "x.tar.gz", in: folder)
    #expect(compressed.code == 65 && compressed.errors.contains("compressed tar"), "\(compressed.errors)")
    // One member, by its name.
    let frames = try Program.run("frames", "whole.tar:clip.mp4", "-o", "pictures", "--at", "0", in: folder)
    #expect(frames.code == 0, "\(frames.errors)")
    #expect(try Program.run("check", "whole.tar:größe/none.png", in: folder).code == 66)
  }
}
