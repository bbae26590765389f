//! The animation, drawn frame by frame on the page's own thread: whatever blocks that thread stops it, for all to see.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement};

use crate::dom;
use crate::gaps::Gaps;
use crate::pair::{self, Point};

pub struct Stage {
    canvas: HtmlCanvasElement,
    pen: CanvasRenderingContext2d,
    pub gaps: Gaps,
    colours: RefCell<Colours>,
    /// When messages left the main process, on their way to the page.
    messages: RefCell<Vec<f64>>,
    frames: Cell<u64>,
    still: bool,
}

#[derive(Default)]
struct Colours {
    page: String,
    main: String,
    line: String,
    soft: String,
    bad: String,
}

impl Colours {
    fn read() -> Result<Self, JsValue> {
        let Some(style) = dom::style()? else { return Ok(Self::default()) };
        let get = |name| style.get_property_value(name);
        let (page, main) = (get("--page")?, get("--main")?);
        Ok(Self { page, main, line: get("--line")?, soft: get("--soft")?, bad: get("--bad")? })
    }
}

impl Stage {
    pub fn new() -> Result<Self, JsValue> {
        let canvas: HtmlCanvasElement = dom::element("stage")?;
        let pen = canvas.get_context("2d")?.and_then(|pen| pen.dyn_into().ok());
        let pen = pen.ok_or_else(|| JsValue::from_str("the browser has no canvas"))?;
        let reduced = dom::window()?.match_media("(prefers-reduced-motion: reduce)")?;
        Ok(Self {
            canvas,
            pen,
            gaps: Gaps::default(),
            colours: RefCell::default(),
            messages: RefCell::default(),
            frames: Cell::new(0),
            still: reduced.is_some_and(|query| query.matches()),
        })
    }

    /// A message of the main process: it flies to the page, though it has come already.
    pub fn message(&self) {
        self.messages.borrow_mut().push(dom::now());
    }

    fn frame(&self) -> Result<(), JsValue> {
        let now = dom::now();
        self.gaps.frame(now);
        if self.frames.replace(self.frames.get() + 1).is_multiple_of(60) {
            *self.colours.borrow_mut() = Colours::read()?;
        }
        let (width, height) = self.fit()?;
        self.pen.clear_rect(0.0, 0.0, width, height);
        self.draw_pair(now, width, height - BARS - 16.0)?;
        self.draw_gaps(width, height)
    }

    /// As many pixels as the screen has; the size in CSS pixels.
    fn fit(&self) -> Result<(f64, f64), JsValue> {
        let scale = dom::window()?.device_pixel_ratio();
        let (width, height) =
            (f64::from(self.canvas.client_width()), f64::from(self.canvas.client_height()));
        let pixels = ((width * scale).round() as u32, (height * scale).round() as u32);
        if (self.canvas.width(), self.canvas.height()) != pixels {
            self.canvas.set_width(pixels.0);
            self.canvas.set_height(pixels.1);
        }
        self.pen.set_transform(scale, 0.0, 0.0, scale, 0.0, 0.0)?;
        Ok((width, height))
    }

    fn draw_pair(&self, now: f64, width: f64, height: f64) -> Result<(), JsValue> {
        let (pen, colours) = (&self.pen, self.colours.borrow());
        let step = 26.0;
        pen.begin_path();
        for column in 0..(width / step).ceil() as u32 {
            for row in 0..(height / step).ceil() as u32 {
                let at = |index: u32| step / 2.0 + f64::from(index) * step - 1.0;
                pen.rect(at(column), at(row), 2.0, 2.0);
            }
        }
        pen.set_fill_style_str(&colours.line);
        pen.fill();

        let seconds = if self.still { 0.5 } else { now / 1000.0 };
        for age in (1..=TRAIL).rev().filter(|_| !self.still) {
            let (electron, hole) = pair::places(seconds - f64::from(age) * 0.03, width, height);
            let fade = 1.0 - f64::from(age) / f64::from(TRAIL + 1);
            pen.set_global_alpha(0.28 * fade);
            self.disc(electron, 7.0 * fade, &colours.page)?;
            self.disc(hole, 7.0 * fade, &colours.main)?;
        }
        pen.set_global_alpha(1.0);
        let (electron, hole) = pair::places(seconds, width, height);
        pen.set_stroke_style_str(&colours.line);
        pen.set_line_width(1.5);
        pen.begin_path();
        pen.move_to(electron.0, electron.1);
        pen.line_to(hole.0, hole.1);
        pen.stroke();
        self.messages.borrow_mut().retain(|left| now - left < FLIGHT);
        for left in self.messages.borrow().iter() {
            self.disc(
                pair::between(hole, electron, ((now - left) / FLIGHT).clamp(0.0, 1.0)),
                3.0,
                &colours.main,
            )?;
        }
        self.disc(electron, 9.0, &colours.page)?;
        self.disc(hole, 9.0, &colours.main)
    }

    fn disc(&self, at: Point, radius: f64, colour: &str) -> Result<(), JsValue> {
        self.pen.set_fill_style_str(colour);
        self.pen.begin_path();
        self.pen.arc(at.0, at.1, radius, 0.0, std::f64::consts::TAU)?;
        self.pen.fill();
        Ok(())
    }

    /// A bar for each frame, as high as the gap before it was long.
    fn draw_gaps(&self, width: f64, height: f64) -> Result<(), JsValue> {
        let (pen, colours) = (&self.pen, self.colours.borrow());
        let of = |gap: f64| (gap / HIGHEST).min(1.0) * BARS;
        for (bad, colour, alpha) in [(false, &colours.page, 0.55), (true, &colours.bad, 1.0)] {
            pen.begin_path();
            self.gaps.each(|age, gap| {
                let x = width - 3.0 * (age as f64 + 1.0);
                if x > 50.0 && (gap > ALLOWED) == bad {
                    pen.rect(x, height - of(gap), 2.0, of(gap));
                }
            });
            pen.set_fill_style_str(colour);
            pen.set_global_alpha(alpha);
            pen.fill();
        }
        pen.set_global_alpha(1.0);
        pen.set_fill_style_str(&colours.soft);
        pen.set_font("12px system-ui, sans-serif");
        pen.set_text_baseline("middle");
        let y = height - of(ALLOWED);
        pen.fill_text("50 ms", 0.0, y)?;
        pen.set_global_alpha(0.5);
        pen.fill_rect(46.0, y, width - 46.0, 1.0);
        pen.set_global_alpha(1.0);
        Ok(())
    }
}

/// What draws a frame and asks for the next.
type Drawing = Closure<dyn FnMut()>;

/// Draws every frame from now on.
pub fn run(stage: &Rc<Stage>) -> Result<(), JsValue> {
    let hidden = stage.clone();
    dom::on_event(dom::document()?.as_ref(), "visibilitychange", move || hidden.gaps.pause())?;

    let stage = stage.clone();
    let next: Rc<RefCell<Option<Drawing>>> = Rc::default();
    let again = next.clone();
    *next.borrow_mut() = Some(Closure::new(move || {
        if let Err(error) = stage.frame().and_then(|()| request(&again)) {
            dom::report(&format!("{error:?}"));
        }
    }));
    request(&next)
}

fn request(call: &Rc<RefCell<Option<Drawing>>>) -> Result<(), JsValue> {
    match call.borrow().as_ref() {
        Some(call) => {
            dom::window()?.request_animation_frame(call.as_ref().unchecked_ref()).map(drop)
        }
        None => Ok(()),
    }
}

/// A page that pauses for longer than this between two frames feels stuck.
pub const ALLOWED: f64 = 50.0;
/// What a bar of full height means, in milliseconds.
const HIGHEST: f64 = 100.0;
const BARS: f64 = 64.0;
const TRAIL: u32 = 12;
/// How long a message is seen, in milliseconds.
const FLIGHT: f64 = 380.0;
