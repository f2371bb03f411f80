/// The style sheet of our pages.
enum PageStyle {
  private static let seriesOnLight = Style.series.enumerated().map { "--series-\($0.offset + 1): \($0.element.styleSheetText);" }
    .joined(separator: " ")

  static let text = """

    :root {
      --paper: #fafaf8; --card: #ffffff; --ink: #22262b; --quiet: #6a7078; --hairline: #e2e3e5; --grid: #ebecee; --link: #2f6db5;
      \(seriesOnLight)
      --ordered-low: #b9d3ea; --ordered-high: #123a6b;
    }
    @media (prefers-color-scheme: dark) {
      :root {
        --paper: #16181b; --card: #1d2024; --ink: #e4e6e8; --quiet: #9aa1a9; --hairline: #33373c; --grid: #2b2f34;
        --link: #7fb2ea;
        --series-1: #6ea8e6; --series-2: #f0a35a; --series-3: #56c8a4; --series-4: #e27da3;
        --series-5: #ab97e6; --series-6: #c3c75a; --series-7: #86cdf0; --series-8: #bfa894;
        --ordered-low: #3a628f; --ordered-high: #cfe3f7;
      }
    }
    * { box-sizing: border-box; }
    body { margin: 0; background: var(--paper); color: var(--ink);
      font: 16px/1.55 system-ui, -apple-system, "Segoe UI", "Noto Sans", "DejaVu Sans", sans-serif; }
    header, main { max-width: 1120px; margin: 0 auto; padding: 0 32px; }
    header { padding-top: 48px; }
    h1 { font-size: 30px; line-height: 1.2; font-weight: 650; letter-spacing: -0.01em; margin: 0 0 8px; }
    h2 { font-size: 21px; line-height: 1.3; font-weight: 650; margin: 0 0 4px; }
    p { margin: 8px 0; max-width: 46em; }
    .lead { color: var(--quiet); }
    a { color: var(--link); text-decoration: none; }
    a:hover { text-decoration: underline; }
    nav { display: flex; flex-wrap: wrap; gap: 4px 20px; margin-top: 20px; font-size: 14px; }
    .facts { display: flex; flex-wrap: wrap; gap: 12px 36px; margin: 20px 0 0; }
    .facts dt { font-size: 13px; font-weight: 400; color: var(--quiet); margin: 0; }
    .facts dd { margin: 0; font-size: 17px; font-weight: 550; font-variant-numeric: tabular-nums; }
    section { margin: 44px 0; padding-top: 28px; border-top: 1px solid var(--hairline); }
    .grid { display: grid; gap: 20px; margin: 18px 0; }
    .grid.two { grid-template-columns: repeat(auto-fit, minmax(min(420px, 100%), 1fr)); }
    .grid.one { max-width: 760px; }
    .grid.small { grid-template-columns: repeat(auto-fill, minmax(190px, 1fr)); }
    figure { margin: 0; }
    figcaption { font-size: 14px; font-weight: 600; margin-bottom: 6px; }
    .chart { background: var(--card); border: 1px solid var(--hairline); border-radius: 8px; padding: 16px 18px 12px; }
    .chart svg { display: block; width: 100%; height: auto; overflow: visible; font-size: 13px; }
    .chart text { fill: var(--quiet); font-variant-numeric: tabular-nums; }
    .chart text.name { fill: var(--ink); }
    .chart .grid { stroke: var(--grid); }
    .chart .axis { stroke: var(--quiet); }
    .curve { fill: none; stroke: var(--tint); stroke-width: 2; stroke-linejoin: round; stroke-linecap: round; }
    .dashed { stroke-dasharray: 6 5; }
    .band { fill: var(--tint); opacity: 0.16; }
    .dot { fill: var(--tint); }
    .bar { fill: var(--tint); opacity: 0.85; }
    .whisker { stroke: var(--tint); stroke-width: 1.5; }
    .bar ~ .whisker { stroke: var(--ink); opacity: 0.6; }
    .tip { fill: transparent; }
    .tip:hover { fill: var(--tint); opacity: 0.35; }
    .legend { list-style: none; display: flex; flex-wrap: wrap; gap: 2px 16px; margin: 0 0 8px; padding: 0; font-size: 13px; }
    .legend li { display: flex; align-items: center; gap: 7px; }
    .swatch { width: 18px; height: 0; border-top: 2.5px solid var(--tint); }
    .swatch.dash { border-top-style: dashed; }
    .swatch.dot { width: 10px; height: 10px; border: 0; border-radius: 5px; background: var(--tint); }
    .note { color: var(--quiet); font-size: 13px; margin: 8px 0 0; }
    .pictures { display: flex; flex-wrap: wrap; gap: 20px; margin: 18px 0; align-items: flex-start; }
    .pictures figure { max-width: 100%; }
    .pictures figcaption { font-weight: 400; font-size: 13px; color: var(--quiet); margin: 6px 0 0; }
    video { display: block; max-width: 100%; border-radius: 3px; }
    img { display: block; max-width: 100%; height: auto; border-radius: 3px; }
    img.pixels { image-rendering: pixelated; }
    .map img { width: 100%; }
    .map figcaption { font-size: 13px; min-height: 1.5em; }
    .scale { display: flex; align-items: center; gap: 8px; margin-top: 6px; font-size: 12px; color: var(--quiet);
      font-variant-numeric: tabular-nums; }
    .scale i { flex: 1; height: 8px; border-radius: 4px; }
    .table { overflow-x: auto; margin: 18px 0; }
    table { border-collapse: collapse; font-size: 14px; font-variant-numeric: tabular-nums; }
    caption { text-align: left; color: var(--quiet); font-size: 13px; padding-bottom: 8px; }
    th, td { text-align: left; padding: 7px 22px 7px 0; border-bottom: 1px solid var(--hairline); white-space: nowrap; }
    th { font-weight: 600; color: var(--quiet); font-size: 13px; }
    .number { text-align: right; }
    .long { white-space: normal; overflow-wrap: anywhere; min-width: 22em; max-width: 46em; }
    .slides figure { margin: 0 0 18px; }
    .slides figure[hidden] { display: none; }
    .slides figcaption { font-weight: 400; font-size: 14px; margin: 8px 0 0; }
    .slides input { display: block; width: 100%; max-width: 900px; margin: 18px 0 12px; accent-color: var(--series-1); }
    dt { font-weight: 600; margin-top: 18px; }
    dd { margin: 0; }
    dd p { margin: 2px 0; }
    .formula { font-family: "STIX Two Math", "Cambria Math", "Latin Modern Math", Georgia, "DejaVu Serif", serif;
      padding: 4px 0 4px 20px; }
    sub, sup { line-height: 0; font-size: 0.72em; }
    @media (max-width: 600px) {
      header, main { padding: 0 16px; }
      header { padding-top: 28px; }
      h1 { font-size: 25px; overflow-wrap: anywhere; }
      .facts { gap: 12px 26px; }
      .chart { padding: 12px 10px 8px; }
      .chart svg { font-size: 17px; }
      .long { min-width: 15em; }
    }
    @media print {
      :root { --paper: #ffffff; --card: #ffffff; }
      .chart, figure, tr { break-inside: avoid; }
      nav, .slides input { display: none; }
      .slides figure[hidden] { display: block; }
    }

    """
}
