function a(e,t){if(typeof requestIdleCallback>"u"){const n=setTimeout(e,t/4);return()=>clearTimeout(n)}const l=requestIdleCallback(e,{timeout:t});return()=>cancelIdleCallback(l)}export{a as w};
