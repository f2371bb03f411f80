import Foundation
import MAECheckpoint
import MAECore
import MAEModels
import Testing

@Suite struct InspectionTests {
  @Test("a .pth file") func pthFile() throws {
    let inspection = try Inspection(path: fixture("checkpoint.pth"))
    #expect(inspection.form == "PyTorch" && inspection.names == "official MAE" && inspection.method == .mae)
    #expect(inspection.imageSize == FrameSize(square: 16) && inspection.patchSize == 4)
    #expect(inspection.hasDecoder && inspection.decoder?.width == 16)
    #expect(inspection.pixelNormalization == "perPatch", "the file's arguments say so")
    #expect(inspection.notes["epoch"] == "3" && inspection.nonFinite.isEmpty)
    #expect(inspection.parameters == (inspection.encoder?.parameters ?? 0) + (inspection.decoder?.parameters ?? 0))
    #expect(inspection.text.contains("pixel targets   normalised per patch"))
    #expect(inspection.json.contains("\"has_decoder\" : true"))
  }

  @Test("non-finite values are counted") func nonFiniteValuesAreCounted() throws {
    try withFolder { folder in
      var state = try SafeTensorsReader.read(path: fixture("mae-normalised.safetensors"))
      var values = try #require(state["norm.weight"]).floats()
      values[3] = .nan
      values[5] = -.infinity
      state["norm.weight"] = StoredTensor(shape: [24], floats: values)
      try SafeTensorsWriter.write(state, to: folder + "/x.safetensors")
      let inspection = try Inspection(path: folder + "/x.safetensors")
      #expect(inspection.nonFinite.map(\.tensor) == ["norm.weight"] && inspection.nonFinite.map(\.count) == [2])
      #expect(inspection.pixelNormalization == nil)
      #expect(inspection.text.contains("2 in norm.weight"))
    }
  }

  @Test("other tensors are listed with a problem") func otherTensorsAreListedWithAProblem() throws {
    let inspection = try Inspection(path: fixture("views.safetensors"))
    #expect(inspection.method == nil && inspection.tensors == 4 && inspection.problem != nil)
    #expect(inspection.elementTypes == ["F32": 3, "I64": 1])
    #expect(failure { try Inspection(path: fixture("refuse.pth")) }?.kind == .refused)
    #expect(failure { try Inspection(path: "/nonexistent") }?.kind == .missing)
  }
}
