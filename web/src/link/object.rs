//! The link as a JavaScript object, for the faces.

use std::rc::Rc;

use js_sys::{Array, Function, JsString, Object};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};

use super::VERSION;
use super::own::OwnLink;
use crate::web;

/// The object: `version`, `post`, `sync`, `attach`, `order`, `status`, `watch`, `wantRoom`. It lives as long as the document.
pub(super) fn of(link: &Rc<OwnLink>) -> JsValue {
    let object = web::object(&[("version", &VERSION.into())]);

    let own = link.clone();
    let post = move |text: JsString, blobs: JsValue, settle: JsValue| {
        own.post(text, &blobs, settle.dyn_into::<Function>().ok())
    };
    let post: Closure<dyn Fn(JsString, JsValue, JsValue) -> Result<(), JsValue>> =
        Closure::new(post);
    web::set(&object, "post", &post.into_js_value());

    let own = link.clone();
    let sync = move |text: JsString, blobs: JsValue| own.sync(text, &blobs);
    let sync: Closure<dyn Fn(JsString, JsValue) -> Result<JsValue, JsValue>> = Closure::new(sync);
    web::set(&object, "sync", &sync.into_js_value());

    let own = link.clone();
    let attach: Closure<dyn Fn(Object)> = Closure::new(move |face| own.attach(face));
    web::set(&object, "attach", &attach.into_js_value());

    let own = link.clone();
    let order: Closure<dyn Fn(String, Function)> =
        Closure::new(move |name, handler| own.order(name, handler));
    web::set(&object, "order", &order.into_js_value());

    let own = link.clone();
    let status: Closure<dyn Fn() -> Array> = Closure::new(move || own.status());
    web::set(&object, "status", &status.into_js_value());

    let own = link.clone();
    let watch: Closure<dyn Fn(Function)> = Closure::new(move |callback| own.watch(callback));
    web::set(&object, "watch", &watch.into_js_value());

    let own = link.clone();
    let want_room: Closure<dyn Fn() -> Result<bool, JsValue>> =
        Closure::new(move || own.want_room());
    web::set(&object, "wantRoom", &want_room.into_js_value());

    object
}
