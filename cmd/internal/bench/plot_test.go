package bench_test

import (
	"fmt"
	"math"
	"os"
	"strings"
	"testing"
)

// growth is what is plotted once all is measured.
var growth struct{ ticks, due, counties, memory []point }

type point struct{ x, y float64 }

// curve is one line of a plot.
type curve struct {
	name, color string
	points      []point
}

// TestPlot draws the growth that plan_test.go has measured, into the file that the environment names.
func TestPlot(t *testing.T) {
	bench(t)
	path := os.Getenv("QIXIAN_BENCH_PLOT")
	if path == "" || len(growth.ticks)+len(growth.counties) == 0 {
		t.Skip("nothing to draw, or nowhere to")
	}
	left := plot(
		0,
		"a tick, and what is due",
		"open deadlines",
		curve{"nothing due, ms", "#1f5fa8", growth.ticks},
		curve{"each of 1,000 due, µs", "#b4531a", growth.due},
	)
	right := plot(
		1,
		"all plans of a year",
		"counties",
		curve{"time, ms", "#1f5fa8", growth.counties},
		curve{"peak memory, MB", "#b4531a", growth.memory},
	)
	svg := `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 860 330" font-family="sans-serif" font-size="12" fill="#222">` +
		`<rect width="860" height="330" fill="#fff"/>` + left + right + "</svg>\n"
	if err := os.WriteFile(path, []byte(svg), 0o644); err != nil {
		t.Fatal(err)
	}
}

// plot draws curves on two logarithmic axes, in the left half or the right.
func plot(half int, title, below string, curves ...curve) string {
	const width, height, top, bottom = 340.0, 230.0, 45.0, 275.0
	left := 60.0 + 430*float64(half)
	low, high := bounds(curves, func(p point) float64 { return p.x })
	floor, ceiling := bounds(curves, func(p point) float64 { return p.y })
	x := func(v float64) float64 { return left + width*(math.Log10(v)-low)/(high-low) }
	y := func(v float64) float64 { return bottom - height*(math.Log10(v)-floor)/(ceiling-floor) }
	var b strings.Builder
	fmt.Fprintf(
		&b,
		`<text x="%g" y="20" font-weight="bold">%s</text><text x="%g" y="318" text-anchor="middle">%s</text>`,
		left,
		title,
		left+width/2,
		below,
	)
	for e := low; e <= high; e++ {
		fmt.Fprintf(
			&b,
			`<path d="M%.1f %g V%g" stroke="#ddd"/><text x="%.1f" y="294" text-anchor="middle">%s</text>`,
			x(math.Pow(10, e)),
			top,
			bottom,
			x(math.Pow(10, e)),
			number(e),
		)
	}
	for e := floor; e <= ceiling; e++ {
		fmt.Fprintf(
			&b,
			`<path d="M%g %.1f H%g" stroke="#ddd"/><text x="%g" y="%.1f" text-anchor="end">%s</text>`,
			left,
			y(math.Pow(10, e)),
			left+width,
			left-6,
			y(math.Pow(10, e))+4,
			number(e),
		)
	}
	for i, c := range curves {
		var d strings.Builder
		for j, p := range c.points {
			fmt.Fprintf(&d, "%s%.1f %.1f ", map[bool]string{true: "M", false: "L"}[j == 0], x(p.x), y(p.y))
			fmt.Fprintf(&b, `<circle cx="%.1f" cy="%.1f" r="3" fill="%s"/>`, x(p.x), y(p.y), c.color)
		}
		fmt.Fprintf(
			&b,
			`<path d="%s" fill="none" stroke="%s" stroke-width="2"/><text x="%g" y="%d" fill="%s">%s</text>`,
			strings.TrimSpace(d.String()),
			c.color,
			left+10,
			60+16*i,
			c.color,
			c.name,
		)
	}
	return b.String()
}

// bounds are the powers of ten between which all values lie.
func bounds(curves []curve, of func(point) float64) (low, high float64) {
	low, high = math.Inf(1), math.Inf(-1)
	for _, c := range curves {
		for _, p := range c.points {
			low, high = min(low, math.Floor(math.Log10(of(p)))), max(high, math.Ceil(math.Log10(of(p))))
		}
	}
	return low, max(high, low+1)
}

func number(exponent float64) string {
	return strings.TrimSuffix(strings.TrimRight(fmt.Sprintf("%.3f", math.Pow(10, exponent)), "0"), ".")
}

func TestPlotOfAPlot(t *testing.T) {
	svg := plot(0, "a", "b", curve{"c", "#000", []point{{1000, 0.4}, {1e6, 0.5}}})
	for _, want := range []string{">1000<", ">1000000<", ">0.1<", ">1<", `d="M60.0 `, ">c<"} {
		if !strings.Contains(svg, want) {
			t.Errorf("%q is not in %s", want, svg)
		}
	}
}
