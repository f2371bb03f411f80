/// The methods and maskings that can be named, in files and on the command line; a program can add its own.
public struct Catalogue: Sendable {
  /// In the order of help texts.
  public private(set) var methods: [Method]
  /// In the order of help texts.
  public private(set) var maskings: [any MaskingStrategy.Type]

  /// What comes with the package.
  public static let builtIn = Catalogue(
    methods: [
      .mae, .videomae, .maeST, .siammae, .simmim, .uMAE, .selfGuided, .selfGuidedSmall, .amt, .crossmae, .pixio, .videomaeV2,
      .videomaeTPT, .mwm, .mwmMultiview, .mwmTactile,
    ],
    maskings: [
      RandomMasking.self, TubeMasking.self, FrameMasking.self, BlockMasking.self, GridMasking.self, CellMasking.self,
      GivenMasking.self, SelfGuidedMasking.self, AttentionMasking.self, NoiseMasking.self, CentreMasking.self,
      ViewMasking.self, SenseMasking.self,
    ])

  /// - Precondition: no other method has the name.
  public func adding(_ method: Method) -> Catalogue {
    precondition(self.method(named: method.name) == nil, "Catalogue: two methods are called \(method.name)")
    var catalogue = self
    catalogue.methods.append(method)
    return catalogue
  }

  /// - Precondition: no other masking has one of its names.
  public func adding(_ masking: any MaskingStrategy.Type) -> Catalogue {
    for name in [masking.kind] + masking.aliases {
      precondition(self.masking(named: name) == nil, "Catalogue: two maskings are called \(name)")
    }
    var catalogue = self
    catalogue.maskings.append(masking)
    return catalogue
  }

  /// The catalogue with the method and masking of a model, as far as it lacks their names.
  public func including(_ model: ModelConfiguration) -> Catalogue {
    var catalogue = self
    if method(named: model.method.name) == nil { catalogue.methods.append(model.method) }
    if masking(named: model.masking.kind.name) == nil { catalogue.maskings.append(model.masking.kind.type) }
    return catalogue
  }

  /// The method of a name; nil when there is none.
  public func method(named name: String) -> Method? { methods.first { $0.name == name } }

  /// The masking of a name or alias; nil when there is none.
  public func masking(named name: String) -> MaskingKind? {
    maskings.first { $0.kind == name || $0.aliases.contains(name) }.map { MaskingKind($0) }
  }

  /// Every name of a masking, aliases included.
  public var maskingNames: [String] { maskings.flatMap { [$0.kind] + $0.aliases } }

  /// Where a decoder's `userInfo` holds the catalogue that names are looked up in; ``builtIn`` unless given.
  public static let key = CodingUserInfoKey(rawValue: "MAEModels.Catalogue")!
}

extension Decoder {
  /// Where names of methods and maskings are looked up.
  var catalogue: Catalogue { userInfo[Catalogue.key] as? Catalogue ?? .builtIn }
}
